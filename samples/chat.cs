#:project ../src/Sockeye/Sockeye.csproj
using Sockeye;

// An outbound line contains the sender's address, so it may be longer than an inbound line.
var (inbound, outbound) = (Codec.Lines(maxLength: 1024), Codec.Lines(maxLength: 1024 + 64));
var room = new MessageGroup<string>();

await SockeyeServer.RunAsync(server => server
    .ListenAnyIP(7000)
    .UseConnectionLimit(10_000)
    .UseIdleTimeout(TimeSpan.FromMinutes(5))
    .Run(inbound, outbound, async user =>
    {
        room.Join(user);
        await foreach (var line in user.ReadAllAsync())
            room.Broadcast($"{user.RemoteEndPoint}: {line}");
    }));
