using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Takeover.Node;

/// <summary>Sends every byte back, and moves to the next process when that is asked for.</summary>
internal static class EchoHandler
{
    public static async Task RunAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        while (true)
        {
            using var waking = connection.MoveRequested.UnsafeRegister(_ => input.CancelPendingRead(), null);
            if (connection.MoveRequested.IsCancellationRequested && await connection.MoveAsync())
                return;
            var result = await input.ReadAsync();
            foreach (var segment in result.Buffer)
                output.Write(segment.Span);
            input.AdvanceTo(result.Buffer.End);
            await output.FlushAsync();
            if (result.IsCompleted)
                return;
        }
    }
}
