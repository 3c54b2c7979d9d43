using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Relays bytes between two connections, as a proxy does.</summary>
public static class ConnectionContextRelayExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>
        /// Relays the bytes that each connection receives to the other, until both directions of both have ended. The end of one
        /// direction (FIN) is relayed, and the other direction continues, so that a server can respond at the end of its input.
        /// </summary>
        /// <remarks>
        /// If one connection breaks, the other is aborted (RST over TCP), so that truncated data does not look complete.
        /// Back-pressure applies in both directions: the relay buffers nothing beyond the pipes. It disposes neither connection.
        /// For one caller at a time; no other code may read or write meanwhile.
        /// </remarks>
        /// <param name="other">The other connection, for example one that a client has opened.</param>
        /// <param name="cancellationToken">Cancels the relay, and aborts both connections.</param>
        /// <exception cref="IOException">A connection broke; both are aborted.</exception>
        /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
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

        /// <summary>Relays one direction. Does not throw: the first failure is kept, and ends the other direction too.</summary>
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
                // The connection that broke keeps its own reason.
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
