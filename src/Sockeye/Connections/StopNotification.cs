using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>How a handler learns that it is to finish, and why: <c>connection.StopRequested</c>.</summary>
/// <param name="connection">The handler's.</param>
/// <param name="scheduler">Where callbacks of the token run.</param>
/// <param name="logger">Where it is said that one of them threw.</param>
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

    /// <summary>Whether the token has fired, without making one.</summary>
    public bool IsRequested => _replaced?.IsCancellationRequested ?? _requested.HasFired;

    /// <summary>Why it was asked for first, as the reason of a connection whose handler follows.</summary>
    public CloseReason Reason => Volatile.Read(ref _reason) ?? CloseReason.Stopped;

    /// <summary>The same for a handler; null before it was asked for, and for a client, whose connection goes on.</summary>
    public CloseReason? RequestedReason => IsForHandler && IsRequested ? Reason : null;

    /// <summary>Whether a server's handler is told: it is to end its connection.</summary>
    public bool IsForHandler { get; init; }

    /// <summary>Whether the handler reads messages: what comes and is left unread is then one that it should have read.</summary>
    public bool ReadsMessages { get; private set; }

    /// <summary>Marks a connection as one whose handler reads messages.</summary>
    public static void OnReadingMessages(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionLifetimeNotificationFeature>() is StopNotification stop)
            stop.ReadsMessages = true;
    }

    void IConnectionLifetimeNotificationFeature.RequestClose() => RequestClose(CloseReason.Stopped);

    /// <summary>Callbacks run on the scheduler: one that blocks does not hold up the stop of the others.</summary>
    public void RequestClose(CloseReason reason)
    {
        // A full fence: a thread that sees the token fired finds the reason.
        Interlocked.CompareExchange(ref _reason, reason, null);
        if (_requested.Fire() is { } watched)
            scheduler.Schedule(_ => Cancel(watched), null);
    }

    /// <summary>All callbacks are called. On the scheduler's thread an exception would end the process.</summary>
    private void Cancel(CancellationTokenSource watched) =>
        logger.Guard("calling what is registered with StopRequested of", connection.ConnectionId, watched.Cancel);
}
