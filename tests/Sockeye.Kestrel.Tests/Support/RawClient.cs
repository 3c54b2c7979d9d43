using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sockeye.Kestrel.Tests.Support;

/// <summary>A bare socket that speaks HTTP/1.1 as written.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly StringBuilder _received = new();

    /// <summary>What has come so far, in bytes.</summary>
    public int ReceivedLength => _received.Length;

    public static async Task<RawClient> ConnectAsync(IPEndPoint endpoint, int? receiveBuffer = null)
    {
        var client = new RawClient();
        if (receiveBuffer is { } size)
            client._socket.ReceiveBufferSize = size;
        await client._socket.ConnectAsync(endpoint).Within();
        return client;
    }

    public Task SendAsync(string text) => _socket.SendAsync(Encoding.ASCII.GetBytes(text)).Within();

    /// <summary>Receives until the text has come so often; gives all that was received.</summary>
    public async Task<string> ReceiveAsync(string text, int times = 1)
    {
        var buffer = new byte[4096];
        while (_received.ToString().Split(text).Length - 1 < times)
        {
            var read = await _socket.ReceiveAsync(buffer).Within();
            Assert.True(read > 0, $"The server ended the connection after: {_received}");
            _received.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return _received.ToString();
    }

    /// <summary>The server must end the connection in order.</summary>
    public async Task ReceiveEndAsync()
    {
        var buffer = new byte[4096];
        while (await _socket.ReceiveAsync(buffer).Within() is > 0 and var read)
            _received.Append(Encoding.ASCII.GetString(buffer, 0, read));
    }

    /// <summary>The server must end the connection, in order or not.</summary>
    public async Task ReceiveEndOrResetAsync()
    {
        try
        {
            await ReceiveEndAsync();
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
        {
            // That is an end too.
        }

        Assert.Equal("", _received.ToString());
    }

    /// <summary>The server must have closed the connection, or do so soon.</summary>
    public async Task SendUntilResetAsync()
    {
        using var timeout = new CancellationTokenSource(BoundedWait.Limit, TimeProvider.System);
        try
        {
            while (true)
            {
                await SendAsync(".");
                await Task.Yield();
                timeout.Token.ThrowIfCancellationRequested();
            }
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            // As it must be.
        }
    }

    public void SendFin() => _socket.Shutdown(SocketShutdown.Send);

    public void Reset()
    {
        _socket.LingerState = new(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();
}
