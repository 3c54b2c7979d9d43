#:project ../src/Sockeye/Sockeye.csproj
using Sockeye;

// What is told is longer than what was heard, by the sender's address: a full line must fit as well.
var (heard, told) = (Codec.Lines(maxLength: 1024), Codec.Lines(maxLength: 1024 + 64));
var everybody = new MessageGroup<string>();

await SockeyeServer.RunAsync(server => server
    .ListenAnyIP(7000)
    .UseConnectionLimit(10_000)
    .UseIdleTimeout(TimeSpan.FromMinutes(5))
    .Run(heard, told, async user =>
    {
        everybody.Join(user);
        await foreach (var line in user.ReadAllAsync())
            everybody.Broadcast($"{user.RemoteEndPoint}: {line}");
    }));
