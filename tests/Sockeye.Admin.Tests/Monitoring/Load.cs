using System.Net;
using System.Net.Sockets;

namespace Sockeye.Admin.Tests.Monitoring;

/// <summary>Clients that use all that a dashboard shows: messages, a group, TLS, a pool, a limit, handlers that throw.</summary>
internal sealed class Load(LoadedServer server) : IAsyncDisposable
{
    private static readonly SocketError[] Resets = [SocketError.ConnectionReset, SocketError.Shutdown];

    private readonly SockeyeClient _client = new();
    private readonly SockeyeClient _tlsClient = new(options => options.UseTls(tls => tls.PinnedFingerprint = server.Fingerprint));

    private readonly ConnectionPool _pool = new(new(), server.EndPoint("echo"), new() { MaxConnections = 2 });

    /// <summary>One of each.</summary>
    public async Task RunOnceAsync()
    {
        await using var member = await _client.ConnectAsync(server.EndPoint("chat"), LoadedServer.Lines);
        await AskAsync(_client, "chat");
        await AskAsync(_tlsClient, "tls");
        await RentAsync();
        await AssertEndsAsync("chat", "throw\n"u8.ToArray());
        await AssertEndsAsync("tls", "GET / HTTP/1.0\r\n\r\n"u8.ToArray());
        await using var only = await _client.ConnectAsync(server.EndPoint("full"));
        await AssertEndsAsync("full", "x\n"u8.ToArray());
    }

    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    private async Task AskAsync(SockeyeClient client, string endPoint)
    {
        await using var connection = await client.ConnectAsync(server.EndPoint(endPoint), LoadedServer.Lines);
        await connection.WriteAsync("hello");
        Assert.Equal("hello", await connection.ReadAllAsync().FirstAsync(TestContext.Current.CancellationToken));
    }

    private async Task RentAsync()
    {
        await using var rented = await _pool.RentAsync(TestContext.Current.CancellationToken);
        await using var messages = rented.Connection.AsMessages(LoadedServer.Lines);
        await messages.WriteAsync("hello");
        Assert.Equal("hello", await messages.ReadAllAsync().FirstAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The server ends a connection on which it receives this.</summary>
    private async Task AssertEndsAsync(string endPoint, byte[] bytes)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync((IPEndPoint)server.EndPoint(endPoint), TestContext.Current.CancellationToken);
            await socket.SendAsync(bytes, TestContext.Current.CancellationToken);
            var buffer = new byte[1000];
            while (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken) > 0)
            {
                // An alert of TLS, or a line of the group, may come before the end.
            }
        }
        catch (SocketException error)
        {
            Assert.Contains(error.SocketErrorCode, Resets);
        }
    }
}
