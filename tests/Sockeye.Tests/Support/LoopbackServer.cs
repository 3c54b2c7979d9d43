using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Tests.Support;

/// <summary>What tests on a real loopback socket need again and again.</summary>
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

    public static Task Echo(ConnectionContext connection) => connection.Transport.Input.CopyToAsync(connection.Transport.Output);

    public static Task SendAsync(this ConnectionContext connection, string text) =>
        connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(text)).Within();

    public static Task AssertResetAsync(this ConnectionContext connection) => Assert.ThrowsAsync<ConnectionResetException>(
        () => connection.Transport.Input.ReadAsync(TestContext.Current.CancellationToken).Within());

    /// <summary>One more client is reset; it notices while it connects, or when it reads.</summary>
    public static async Task AssertRejectsAsync(this SockeyeServer server)
    {
        try
        {
            await using var client = await server.ConnectAsync();
            await client.AssertResetAsync();
        }
        catch (SocketException e)
        {
            Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        }
    }

    /// <summary>Reads to the end of input.</summary>
    public static async Task<string> ReadToEndAsync(this ConnectionContext connection)
    {
        var text = new MemoryStream();
        await connection.Transport.Input.CopyToAsync(text).Within();
        return Encoding.ASCII.GetString(text.ToArray());
    }

    /// <summary>Reads exactly this many bytes.</summary>
    public static async Task<string> ReadAsync(this ConnectionContext connection, int length)
    {
        var read = await connection.Transport.Input.ReadAtLeastAsync(length).Within();
        var text = Encoding.ASCII.GetString(read.Buffer.Slice(0, length));
        connection.Transport.Input.AdvanceTo(read.Buffer.GetPosition(length));
        return text;
    }
}
