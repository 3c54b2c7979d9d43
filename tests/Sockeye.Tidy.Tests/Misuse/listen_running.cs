// error CS1061: A server that runs has its endpoints. Listen… is on the options only.
using Sockeye;

await using var server = await SockeyeServer.StartAsync(options =>
    options.ListenLocalhost(0).Run(connection => Task.CompletedTask));
server.ListenLocalhost(0);
