using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Notifies a handler that it should finish, and why: <c>connection.StopRequested</c>.</summary>
/// <param name="connection">The connection of the handler.</param>
/// <param name="scheduler">The scheduler on which callbacks of the token run.</param>
/// <param name="logger">The logger for exceptions of callbacks.</param>
internal sealed class StopNotification(ConnectionContext connection, PipeScheduler scheduler, ILogger logger)
    : IConnectionLifetimeNotificationFeature
{
    private LazyCancellation _requested;
    private CancellationToken? _replaced;
    private CloseReason? _reason;

    public CancellationToken ConnectionClosedRequested
    {
        get => _replaced ?? _requested.Token;
        set => _replaced = value;
    }

    /// <summary>Whether the token has fired. Does not create the token.</summary>
    public bool IsRequested => _replaced?.IsCancellationRequested ?? _requested.HasFired;

    /// <summary>The reason of the first request, for a connection whose handler has finished as requested.</summary>
    public CloseReason Reason => Volatile.Read(ref _reason) ?? CloseReason.Stopped;

    /// <summary>
    /// The reason of the request to a handler. Null before the request, and for a client, whose connection continues.
    /// </summary>
    public CloseReason? RequestedReason => IsForHandler && IsRequested ? Reason : null;

    /// <summary>Whether the connection is that of a server's handler, which should end it.</summary>
    public bool IsForHandler { get; init; }

    /// <summary>Whether the handler reads messages. If so, it should have read the bytes that are left.</summary>
    public bool ReadsMessages { get; private set; }

    /// <summary>Marks a connection as one whose handler reads messages.</summary>
    public static void OnReadingMessages(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionLifetimeNotificationFeature>() is StopNotification stop)
            stop.ReadsMessages = true;
    }

    void IConnectionLifetimeNotificationFeature.RequestClose() => RequestClose(CloseReason.Stopped);

    /// <summary>
    /// Requests the end. Callbacks run on the scheduler, so that one that blocks does not delay the stop of other connections.
    /// </summary>
    public void RequestClose(CloseReason reason)
    {
        // A full fence: a thread that sees that the token has fired also sees the reason.
        Interlocked.CompareExchange(ref _reason, reason, null);
        if (_requested.Fire() is { } watched)
            scheduler.Schedule(_ => Cancel(watched), null);
    }

    /// <summary>Runs all callbacks. An exception on the scheduler's thread would end the process.</summary>
    private void Cancel(CancellationTokenSource watched) =>
        logger.Guard("running the callbacks of StopRequested of", connection.ConnectionId, watched.Cancel);
}
