using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>What Sockeye adds to every <see cref="ConnectionContext"/>.</summary>
public static class ConnectionContextExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>
        /// Why the connection ended. In a handler, before that, why it is to end, once <c>StopRequested</c> has fired: a stop of
        /// the server, the removal of its endpoint, a lifetime that is over. Null while it is open and the handler was not asked
        /// to end it, and where the transport does not tell (one that is not Sockeye's).
        /// </summary>
        /// <remarks>While the handler leaves what has arrived unread, receiving pauses: what the peer does then (FIN, a reset) is
        /// met when reading goes on, or when something is sent.</remarks>
        public CloseReason? CloseReason => connection.EndReason
            ?? (connection.Features.Get<IConnectionLifetimeNotificationFeature>() as StopNotification)?.RequestedReason;

        /// <summary>
        /// Bytes taken from the peer so far, read by the handler or not; null where the transport does not tell.
        /// </summary>
        public long? BytesReceived => connection.Features.Get<IConnectionProgressFeature>()?.BytesReceived;

        /// <summary>Bytes given to the system for the peer so far; null where the transport does not tell.</summary>
        public long? BytesSent => connection.Features.Get<IConnectionProgressFeature>()?.BytesSent;

        /// <summary>
        /// Fires when the server is asked to stop, or when the connection has lasted for <c>Timeouts.Lifetime</c>: finish what is
        /// under way and return. The connection is aborted when <c>ShutdownTimeout</c>, or <c>LifetimeGracePeriod</c>, is over.
        /// On a client's connection only a lifetime fires it.
        /// </summary>
        public CancellationToken StopRequested =>
            connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
            ?? CancellationToken.None;

        /// <summary>
        /// Ends both directions at once (RST over TCP): what is in flight is lost. Safe from any thread, more than once.
        /// </summary>
        /// <param name="cause">What ended it.</param>
        /// <param name="description">A sentence without a full stop, for the log and the exception that the handler sees.</param>
        public void Abort(CloseCause cause, string description) =>
            connection.Abort(CloseReason.Local(cause, description));

        /// <summary>Why it ended; null while both directions are open, whatever was asked for.</summary>
        internal CloseReason? EndReason => connection.Features.Get<IConnectionCloseFeature>()?.CloseReason;

        /// <summary>Throws nothing: timers and stops call it, which have others to end.</summary>
        internal void Abort(CloseReason reason)
        {
            if (connection.Features.Get<IConnectionCloseFeature>() is { } close)
                close.Abort(reason);
            else
                connection.AbortForeign(new(reason.Description, reason.Exception!));
        }

        /// <inheritdoc cref="Abort(ConnectionContext, CloseReason)"/>
        internal void Close(CloseReason reason)
        {
            if (connection.Features.Get<IConnectionCloseFeature>() is { } close)
                close.Close(reason);
            else
                connection.AbortForeign(new(reason.Description));
        }

        private void AbortForeign(ConnectionAbortedException reason)
        {
            try
            {
                connection.Abort(reason);
            }
            catch (Exception)
            {
                // A connection of another library that cannot abort: it is disposed of when its handler is done. A server that
                // stops before that logs that the handler goes on (event 1002).
            }
        }

        /// <summary>What owns it: another connection that was put upon it, or itself.</summary>
        internal ConnectionContext Outermost => connection.Features.Get<IConnectionLayerFeature>()?.Outermost ?? connection;

        /// <summary>Whether the server or the pool that it belongs to ends it.</summary>
        internal bool HasOwner => connection.Features.Get<IConnectionOwnerFeature>()?.HasOwner ?? false;

        internal void SetCloseReason(CloseReason reason) => connection.Features.Get<IConnectionCloseFeature>()?.SetCloseReason(reason);
    }
}
