using System.Net;
using System.Net.Sockets;

namespace Sockeye.Cli.Tests.Support;

/// <summary>A plain server of one test, for <c>sockeye connect</c>.</summary>
public sealed class TestServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public TestServer()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    public string EndPoint => $"{_listener.LocalEndPoint}";

    public async Task<Peer> AcceptAsync()
    {
        using var timeout = new CancellationTokenSource(ToolProcess.DefaultTimeout, TimeProvider.System);
        return new(await _listener.AcceptAsync(timeout.Token));
    }

    public void Dispose() => _listener.Dispose();
}
