using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>Extends every <see cref="ConnectionContext"/>.</summary>
public static class ConnectionContextExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>
        /// Gets the reason why the connection ended. In a handler, once <c>StopRequested</c> has fired, it is the reason of the
        /// requested end: a stop of the server, the removal of its endpoint, or the end of a lifetime. Null while the connection
        /// is open and no end is requested, and for transports that are not Sockeye's.
        /// </summary>
        /// <remarks>While the handler leaves received bytes unread, receiving pauses. A FIN or reset of the peer is then detected
        /// when reading continues, or when something is sent.</remarks>
        public CloseReason? CloseReason => connection.EndReason
            ?? (connection.Features.Get<IConnectionLifetimeNotificationFeature>() as StopNotification)?.RequestedReason;

        /// <summary>
        /// Gets the number of bytes received from the peer so far, whether the handler has read them or not. Null for transports
        /// that do not count them.
        /// </summary>
        public long? BytesReceived => connection.Features.Get<IConnectionProgressFeature>()?.BytesReceived;

        /// <summary>
        /// Gets the number of bytes given to the system for the peer so far. Null for transports that do not count them.
        /// </summary>
        public long? BytesSent => connection.Features.Get<IConnectionProgressFeature>()?.BytesSent;

        /// <summary>
        /// Gets a token that fires when the server stops, or when the connection has lasted for <c>Timeouts.Lifetime</c>. The
        /// handler should finish what it is doing and return: after <c>ShutdownTimeout</c>, or <c>LifetimeGracePeriod</c>, the
        /// connection is aborted. On a client's connection only a lifetime fires the token.
        /// </summary>
        public CancellationToken StopRequested =>
            connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
            ?? CancellationToken.None;

        /// <summary>
        /// Gets a token that fires when nothing more will arrive: the peer has ended its side (FIN), or the connection broke. For
        /// a handler that is busy elsewhere, so that it need not finish work that no one waits for. The output is still open
        /// after a FIN, and bytes that arrived before it may still be unread.
        /// </summary>
        /// <remarks>While the handler leaves a full buffer of received bytes unread, receiving pauses, and the end is detected
        /// when reading continues. On a transport that is not Sockeye's, the token is <c>ConnectionClosed</c>.</remarks>
        public CancellationToken PeerEnded =>
            connection.Features.Get<IConnectionIoFeature>()?.PeerEnded ?? connection.ConnectionClosed;

        /// <summary>
        /// Ends the connection in order, for a reason of your own: sends what was written, then FIN, and closes. In a handler,
        /// and on a rented connection, it records the reason and completes the pipes; the owner closes the connection.
        /// </summary>
        /// <param name="description">The reason, without a full stop, which <see cref="CloseReason"/>, the log and the metrics
        /// report as an orderly end of this side (<see cref="CloseCause.Fin"/>). It is not sent to the peer. A reason that was
        /// recorded earlier stays, such as the FIN of a peer that ended first.</param>
        /// <returns>A task that completes as that of <c>DisposeAsync</c>.</returns>
        public ValueTask CloseAsync(string description)
        {
            ArgumentNullException.ThrowIfNull(description);
            connection.SetCloseReason(CloseReason.LocalEnd(description));
            return connection.DisposeAsync();
        }

        /// <summary>
        /// Ends both directions at once (RST over TCP). Bytes in flight are lost. Safe from any thread, more than once.
        /// </summary>
        /// <param name="cause">The cause of the end.</param>
        /// <param name="description">A sentence without a full stop, for the log and the exception that the handler sees.</param>
        public void Abort(CloseCause cause, string description) =>
            connection.Abort(CloseReason.Local(cause, description));

        /// <summary>
        /// The reason why the connection ended; null while both directions are open, even if an end was requested.
        /// </summary>
        internal CloseReason? EndReason => connection.Features.Get<IConnectionCloseFeature>()?.CloseReason;

        /// <summary>Ends the connection at once, in both directions, for this reason. Does not throw.</summary>
        /// <param name="reason">The reason that <see cref="CloseReason"/>, the log and the metrics report.</param>
        public void Abort(CloseReason reason)
        {
            if (connection.Features.Get<IConnectionCloseFeature>() is { } close)
                close.Abort(reason);
            else
                connection.AbortForeign(new(reason.Description, reason.Exception!));
        }

        /// <summary>Ends both directions at once, in order. Never throws.</summary>
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
                // The connection is of another library and cannot abort. It is disposed when its handler has finished. A server
                // that stops before that logs that the handler is still running (event 1002).
            }
        }

        /// <summary>The outermost connection that is layered on top of this one, or the connection itself.</summary>
        internal ConnectionContext Outermost => connection.Features.Get<IConnectionLayerFeature>()?.Outermost ?? connection;

        /// <summary>Whether the server or the pool that the connection belongs to ends it.</summary>
        internal bool HasOwner => connection.Features.Get<IConnectionOwnerFeature>()?.HasOwner ?? false;

        internal void SetCloseReason(CloseReason reason) =>
            connection.Features.Get<IConnectionCloseFeature>()?.SetCloseReason(reason);
    }
}
