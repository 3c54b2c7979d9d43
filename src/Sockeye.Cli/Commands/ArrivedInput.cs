using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye.Cli;

/// <summary>Reads what a client sends; once the server is asked to stop, only what has arrived by then.</summary>
internal static class ArrivedInput
{
    extension(ConnectionContext connection)
    {
        /// <summary>
        /// Passes all input to <paramref name="take"/>, piece by piece, until the peer's FIN, the stop, or until it returns
        /// false.
        /// </summary>
        /// <exception cref="ConnectionResetException">The connection broke.</exception>
        public async Task ReadArrivedAsync(Func<ReadOnlySequence<byte>, ValueTask<bool>> take)
        {
            var input = connection.Transport.Input;
            var stop = connection.StopRequested;
            long taken = 0;
            long? arrived = null;
            while (arrived is null || taken < arrived)
            {
                if (await TryReadAsync(input, arrived is null ? stop : default) is not { } read)
                {
                    arrived = connection.BytesReceived + connection.BytesInSystem;
                    continue;
                }

                taken += read.Buffer.Length;
                var goesOn = read.Buffer.IsEmpty || await take(read.Buffer);
                input.AdvanceTo(read.Buffer.End);
                if (!goesOn || read.IsCompleted || read.IsCanceled)
                    return;
            }
        }

        /// <summary>The number of bytes that the system has received and the connection has not read.</summary>
        private long BytesInSystem
        {
            get
            {
                try
                {
                    return connection.Features.Get<IConnectionSocketFeature>()?.Socket.Available ?? 0;
                }
                catch (ObjectDisposedException)
                {
                    return 0; // Both directions have ended: everything has been received.
                }
            }
        }
    }

    /// <summary>Returns null when the server is asked to stop.</summary>
    private static async ValueTask<ReadResult?> TryReadAsync(PipeReader input, CancellationToken stop)
    {
        try
        {
            return await input.ReadAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }
}
