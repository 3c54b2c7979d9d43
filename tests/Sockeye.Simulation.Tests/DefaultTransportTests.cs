namespace Sockeye.Simulation.Tests;

/// <summary>This program has the core and not the Linux transport.</summary>
public sealed class DefaultTransportTests
{
    [Fact]
    public void Server_is_served_by_portable_sockets_where_the_linux_transport_is_not_there()
    {
        Assert.Null(Type.GetType("Sockeye.Linux.LinuxTransport, Sockeye.Linux", throwOnError: false));
        Assert.Same(SocketTransport.Shared, new SockeyeServerOptions().Transport);
    }
}
