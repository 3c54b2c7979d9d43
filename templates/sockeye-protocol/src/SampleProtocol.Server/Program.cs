using SampleProtocol;
using Sockeye;

await SockeyeServer.RunAsync(server => server
    .ListenLocalhost(7000)
    .UseIdleTimeout(TimeSpan.FromMinutes(5))
    .Run(ReadingCodec.Instance, ReadingServer.ServeAsync));
