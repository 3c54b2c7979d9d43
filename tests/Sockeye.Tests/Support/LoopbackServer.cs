using Microsoft.AspNetCore.Connections;

namespace Sockeye.Tests.Support;

/// <summary>Servers on a real loopback socket, for what only a kernel has.</summary>
internal static class LoopbackServer
{
    public static Task<SockeyeServer> StartAsync(ConnectionDelegate handler, Action<SockeyeServerOptions>? configure = null) =>
        SockeyeServer.StartAsync(options =>
        {
            configure?.Invoke(options);
            options.ListenLocalhost(0).Run(handler);
        }, TestContext.Current.CancellationToken);

    public static Task<ConnectionContext> ConnectAsync(this SockeyeServer server) =>
        SocketTransport.Shared.ConnectAsync(server.EndPoints[0], TestContext.Current.CancellationToken).Within();
}
