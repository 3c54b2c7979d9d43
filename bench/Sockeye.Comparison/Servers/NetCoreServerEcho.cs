using System.Net;
#if NETCORESERVER
using NetCoreServer;
#endif

namespace Sockeye.Comparison.Servers;

/// <summary>NetCoreServer, where the program was built with it.</summary>
internal static class NetCoreServerEcho
{
#if NETCORESERVER
    public static Task<IPEndPoint> StartAsync()
    {
        var server = new EchoServer { OptionNoDelay = true, OptionAcceptorBacklog = 4096 };
        if (!server.Start())
            throw new UnavailableException("NetCoreServer did not start");
        return Task.FromResult((IPEndPoint)server.Endpoint);
    }

    private sealed class EchoServer() : TcpServer(new IPEndPoint(IPAddress.Loopback, 0))
    {
        protected override TcpSession CreateSession() => new EchoSession(this);
    }

    private sealed class EchoSession(TcpServer server) : TcpSession(server)
    {
        protected override void OnReceived(byte[] buffer, long offset, long size) => SendAsync(buffer, offset, size);
    }
#else
    public static Task<IPEndPoint> StartAsync() => throw new UnavailableException(
        "built without the NuGet package NetCoreServer; `dotnet run -p:WithNetCoreServer=true …` takes it in");
#endif
}
