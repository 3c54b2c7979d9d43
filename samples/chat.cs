#:project ../src/Sockeye/Sockeye.csproj
using Sockeye;

// Everybody who is connected; whoever leaves is taken out by the group itself.
var everybody = new MessageGroup<string>();

await SockeyeServer.RunAsync(server => server
    .ListenAnyIP(7000)
    .UseConnectionLimit(10_000)
    .UseIdleTimeout(TimeSpan.FromMinutes(5))
    .Run(Codec.Lines(maxLength: 1024), async user =>
    {
        everybody.Join(user);
        await foreach (var line in user.ReadAllAsync())
            everybody.Broadcast($"{user.RemoteEndPoint}: {line}");
    }));
