using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary><c>--generate</c>: sends digits and lines as fast as the client reads, until it sends FIN.</summary>
internal static class GenerateMode
{
    private const int BlockSize = 64 * 1024;
    private const int LineLength = 80;

    private static readonly byte[] Block = CreateBlock();

    public static async Task RunAsync(ConnectionContext connection)
    {
        var sending = SendAsync(connection);
        await connection.ReadArrivedAsync(static _ => new(true));
        // The client has ended, or the server stops: a write that waits is not needed.
        connection.Transport.Output.CancelPendingFlush();
        await sending;
    }

    private static async Task SendAsync(ConnectionContext connection)
    {
        var output = connection.Transport.Output;
        while (!connection.PeerEnded.IsCancellationRequested && !connection.StopRequested.IsCancellationRequested)
        {
            if (await output.WriteAsync(Block) is { IsCompleted: true } or { IsCanceled: true })
                return;
        }
    }

    private static byte[] CreateBlock()
    {
        var block = new byte[BlockSize];
        for (var i = 0; i < block.Length; i++)
            block[i] = (byte)(i % LineLength == LineLength - 1 ? '\n' : '0' + (i % LineLength % 10));
        return block;
    }
}
