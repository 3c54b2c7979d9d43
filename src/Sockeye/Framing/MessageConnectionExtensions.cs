using System.Threading.Channels;

namespace Sockeye;

/// <summary>Ends message connections, and writes messages that come one after another.</summary>
public static class MessageConnectionExtensions
{
    extension<TIn, TOut>(MessageConnection<TIn, TOut> messages)
    {
        /// <summary>Gets a token that fires when the peer has ended its side, or the connection broke. For a handler that is busy
        /// elsewhere. Messages that arrived before may still be unread.</summary>
        public CancellationToken PeerEnded => messages.ConnectionBelow.PeerEnded;

        /// <summary>Gets a token that fires when both directions have ended: <c>Connection.ConnectionClosed</c>.</summary>
        public CancellationToken ConnectionClosed => messages.ConnectionBelow.ConnectionClosed;

        /// <summary>Sends the messages that <c>WriteAsync</c> has batched, after the writes that came before. Without batched
        /// messages, it has no effect.</summary>
        /// <param name="cancellationToken">Cancels the wait for other writers.</param>
        /// <exception cref="IOException">The connection accepts no more messages.</exception>
        /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
        public ValueTask FlushAsync(CancellationToken cancellationToken = default) =>
            messages.Writer.FlushAsync(cancellationToken);

        /// <summary>Writes the messages of an asynchronous enumeration until it ends. Those that are available at once are sent
        /// together; messages of other callers may come between.</summary>
        /// <param name="source">The messages.</param>
        /// <param name="cancellationToken">Cancels the waits and the enumeration. Written messages are sent whole.</param>
        /// <inheritdoc cref="MessageConnection{TIn, TOut}.WriteManyAsync" path="/exception"/>
        public ValueTask WriteManyAsync(IAsyncEnumerable<TOut> source, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(source);
            return new EnumeratedMessages<TOut>(source, cancellationToken).WriteAsync(messages.Writer);
        }

        /// <summary>Writes the messages of a channel until it is completed. Those that are available at once are sent together;
        /// messages of other callers may come between.</summary>
        /// <param name="source">The channel. A message that cannot be encoded is lost, and the method throws.</param>
        /// <param name="cancellationToken">Cancels the waits. Messages that were taken are sent whole.</param>
        /// <inheritdoc cref="MessageConnection{TIn, TOut}.WriteManyAsync" path="/exception"/>
        public ValueTask WriteManyAsync(ChannelReader<TOut> source, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(source);
            return new ChannelMessages<TOut>(source, cancellationToken).WriteAsync(messages.Writer);
        }

        /// <summary>
        /// Ends both directions at once (RST over TCP), also while calls read or write. Messages in flight are lost. Safe from
        /// any thread, more than once.
        /// </summary>
        public void Abort() => messages.ConnectionBelow.Abort();

        /// <inheritdoc cref="Abort{TIn, TOut}(MessageConnection{TIn, TOut})"/>
        /// <param name="cause">The cause of the end.</param>
        /// <param name="description">A sentence without a full stop, for the log and the exception that the handler sees.</param>
        public void Abort(CloseCause cause, string description) => messages.ConnectionBelow.Abort(cause, description);

        /// <summary>
        /// Ends the connection in order, as <c>DisposeAsync</c> does, for a reason of your own: a client that said goodbye, a
        /// login that failed.
        /// </summary>
        /// <param name="description">The reason, without a full stop, which <c>CloseReason</c>, the log and the metrics
        /// report as an orderly end of this side (<see cref="CloseCause.Fin"/>). It is not sent to the peer. A reason that was
        /// recorded earlier stays, such as the FIN of a peer that ended first.</param>
        public ValueTask CloseAsync(string description)
        {
            ArgumentNullException.ThrowIfNull(description);
            messages.ConnectionBelow.SetCloseReason(CloseReason.LocalEnd(description));
            return messages.DisposeAsync();
        }
    }
}
