using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Tests.Support;

/// <summary>What tests say over a connection, on real sockets and on simulated ones.</summary>
internal static class ConnectionText
{
    public static Task Echo(ConnectionContext connection) => connection.Transport.Input.CopyToAsync(connection.Transport.Output);

    public static Task SendAsync(this ConnectionContext connection, string text) =>
        connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask();

    /// <summary>Reads exactly this many bytes.</summary>
    public static async Task<string> ReadAsync(this ConnectionContext connection, int length)
    {
        var read = await connection.Transport.Input.ReadAtLeastAsync(length);
        var text = Encoding.ASCII.GetString(read.Buffer.Slice(0, length));
        connection.Transport.Input.AdvanceTo(read.Buffer.GetPosition(length));
        return text;
    }

    /// <summary>Reads to the end of input.</summary>
    public static async Task<string> ReadToEndAsync(this ConnectionContext connection)
    {
        var text = new MemoryStream();
        await connection.Transport.Input.CopyToAsync(text);
        return Encoding.ASCII.GetString(text.ToArray());
    }

    public static Task AssertResetAsync(this ConnectionContext connection) => Assert.ThrowsAsync<ConnectionResetException>(
        () => connection.Transport.Input.ReadAsync(CancellationToken.None).AsTask());
}
