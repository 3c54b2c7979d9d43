using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye.Cli;

/// <summary>Reads the data of a client; after a request to stop, only the data that has arrived before it.</summary>
internal static class ArrivedInput
{
    extension(ConnectionContext connection)
    {
        /// <summary>
        /// Passes all input to <paramref name="onData"/>, piece by piece, until the peer's FIN or the stop, or until the function
        /// returns false.
        /// </summary>
        /// <exception cref="ConnectionResetException">The connection broke.</exception>
        public async Task ReadArrivedAsync(Func<ReadOnlySequence<byte>, ValueTask<bool>> onData)
        {
            var input = connection.Transport.Input;
            var stop = connection.StopRequested;
            long consumed = 0;
            long? arrived = null;
            while (arrived is null || consumed < arrived)
            {
                if (await TryReadAsync(input, arrived is null ? stop : default) is not { } read)
                {
                    arrived = connection.BytesReceived + connection.BytesInSystem;
                    continue;
                }

                consumed += read.Buffer.Length;
                var continues = read.Buffer.IsEmpty || await onData(read.Buffer);
                input.AdvanceTo(read.Buffer.End);
                if (!continues || read.IsCompleted || read.IsCanceled)
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

    /// <summary>Returns null if the server is requested to stop.</summary>
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
