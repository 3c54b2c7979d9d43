using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>What a proxy does with two connections.</summary>
public static class ConnectionContextRelayExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>
        /// Passes on what each of two connections sends to the other, until both sides of both have ended. The end of one side
        /// (FIN) is passed on as an end, and the other way goes on: a server that answers at the end of its input gets it.
        /// </summary>
        /// <remarks>
        /// Where one connection breaks, the other is aborted (RST over TCP): what was cut off must not look whole. Each direction
        /// waits for who is slower, so that no more is kept than the pipes hold. Neither connection is disposed. One caller at a
        /// time, and nothing else may read or write.
        /// </remarks>
        /// <param name="other">The other connection, as one that a client has dialled.</param>
        /// <param name="cancellationToken">Gives up, and aborts both.</param>
        /// <exception cref="IOException">One of them broke; both are aborted.</exception>
        /// <exception cref="OperationCanceledException">It was cancelled.</exception>
        public Task RelayAsync(ConnectionContext other, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(other);
            return new Relay(connection, other).RunAsync(cancellationToken);
        }
    }

    private sealed class Relay(ConnectionContext one, ConnectionContext other)
    {
        private ExceptionDispatchInfo? _failure;

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            var there = PassAsync(one, other, cancellationToken);
            await PassAsync(other, one, cancellationToken);
            await there;
            _failure?.Throw();
        }

        /// <summary>Does not fail: what was first is kept, and ends the other direction too.</summary>
        private async Task PassAsync(ConnectionContext from, ConnectionContext to, CancellationToken cancellationToken)
        {
            try
            {
                await PassUntilEndAsync(from, to, cancellationToken);
                await to.Transport.Output.CompleteAsync();
            }
            catch (Exception e)
            {
                if (Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null) is not null)
                    return;
                // The one that broke keeps its own reason.
                var reason = CloseReason.Local(
                    CloseCause.Abort, $"the other connection of a relay ended: {e.Message.TrimEnd('.')}", e);
                from.Abort(reason);
                to.Abort(reason);
            }
        }

        private static async Task PassUntilEndAsync(
            ConnectionContext from, ConnectionContext to, CancellationToken cancellationToken)
        {
            var (input, output) = (from.Transport.Input, to.Transport.Output);
            ReadResult read;
            do
            {
                read = await input.ReadAsync(cancellationToken);
                var isEmpty = read.Buffer.IsEmpty;
                foreach (var block in read.Buffer)
                    output.Write(block.Span);
                input.AdvanceTo(read.Buffer.End);
                if (!isEmpty && (await output.FlushAsync(cancellationToken)).IsCompleted)
                    throw new IOException($"Connection {to.ConnectionId} no longer takes data: {to.CloseReason}.");
            }
            while (!read.IsCompleted);
        }
    }
}
