using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Keeps the timeouts of one connection: looks at its counts when the next of them could be over.</summary>
/// <remarks>One entry of the timer for all of them. Reading and writing do not touch it.</remarks>
internal sealed class ConnectionWatch : CoarseTimerEntry
{
    /// <summary>
    /// A look that is this late follows a pause of the whole process (a debugger, a frozen machine). What arrived meanwhile is
    /// received first: the look comes again after <see cref="SettleTime"/>.
    /// </summary>
    internal static readonly TimeSpan LongPause = TimeSpan.FromSeconds(2);

    internal static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1);

    private readonly ConnectionContext _connection;
    private readonly ConnectionWatchPlan _plan;
    private readonly StopNotification? _stop;
    private readonly RareChecks? _rare;
    private volatile bool _isEnded;
    private long _moved;
    private TimeSpan _movedAt;
    private TimeSpan _lookedAt;
    private long _taken = -1;
    private TimeSpan _waitedAtProgress;

    public ConnectionWatch(ConnectionContext connection, ConnectionWatchPlan plan, StopNotification? stop)
    {
        (_connection, _plan, _stop) = (connection, plan, stop);
        _movedAt = _lookedAt = plan.Timer.Elapsed;
        _rare = plan.NeedsRareChecks ? new(_movedAt) : null;
    }

    private ConnectionTimeouts Timeouts => _plan.Timeouts;

    /// <summary>Whether the connection tells what moves on it. Of one that does not, only the lifetime is watched.</summary>
    public static bool Counts(ConnectionContext connection) => connection is IConnectionProgressFeature;

    /// <summary>Begins to watch.</summary>
    public void Start() => Arm(Look(_movedAt), _movedAt);

    /// <summary>The connection is closed. Afterwards the timer holds nothing of it.</summary>
    public void End()
    {
        _isEnded = true;
        _plan.Timer.Cancel(this);
    }

    internal protected override void OnDue()
    {
        if (_isEnded)
            return;
        var now = _plan.Timer.Elapsed;
        Arm(_plan.Timer.LatenessOf(this) > LongPause ? now + SettleTime : Look(now), now);
    }

    /// <param name="next">When to look again; null: never.</param>
    /// <param name="now">The time since the timer's start.</param>
    private void Arm(TimeSpan? next, TimeSpan now)
    {
        if (next is not { } at || at == TimeSpan.MaxValue)
            return;
        _plan.Timer.Set(this, at - now);
        // End may have cancelled before this was set. It says first that it ends: then this sees it.
        if (_isEnded)
            _plan.Timer.Cancel(this);
    }

    /// <summary>Ends the connection if it is over time; otherwise tells when it could be.</summary>
    private TimeSpan? Look(TimeSpan now)
    {
        var next = TimeSpan.MaxValue;
        if (_rare?.LifetimeIsOver(Timeouts, _stop, now, ref next) is { } over)
        {
            // As when a server stops: the peer must not take what it has for the whole.
            _connection.Abort(over);
            return null;
        }

        if (_connection is not IConnectionProgressFeature feature)
            return next; // Not of a transport that counts bytes: there is only its lifetime.
        var look = new ConnectionLook(feature, now, _taken);
        var reason = IdleTooLong(ref look, ref next)
            ?? Stalled(ref look, ref next)
            ?? _rare?.TooSlow(Timeouts, ref look, isOpen: _connection.EndReason is null, ref next);
        (_lookedAt, _taken) = (now, look.Taken);
        if (reason is null)
            return next;
        if (look.SomethingWaits)
            _connection.Abort(reason);
        else
            _connection.Close(reason);
        return null;
    }

    private CloseReason? IdleTooLong(ref ConnectionLook look, ref TimeSpan next)
    {
        var moved = look.Progress.BytesReceived + look.Progress.BytesSent;
        if (moved != _moved)
        {
            // The transport's clock may be another one: it moved since the last look, that much is sure.
            var movedAt = look.Now - look.Progress.SinceMoved;
            (_moved, _movedAt) = (moved, movedAt > _lookedAt ? movedAt : _lookedAt);
        }

        if (!ConnectionTimeouts.IsOn(Timeouts.Idle))
            return null;
        if (_movedAt + Timeouts.Idle <= look.Now)
        {
            if (!look.SomethingWaits || !look.PeerTookSome)
                return CloseReason.Local(
                    CloseCause.Timeout, $"nothing was received or sent for {Timeouts.Idle} (Timeouts.Idle)");
            _movedAt = look.Now - (Timeouts.Idle * 0.75);
        }

        ConnectionLook.At(_movedAt + Timeouts.Idle, ref next);
        return null;
    }

    private CloseReason? Stalled(ref ConnectionLook look, ref TimeSpan next)
    {
        if (!ConnectionTimeouts.IsOn(Timeouts.WriteStall))
            return null;
        var waited = look.Progress.SendWaited;
        if (!look.Progress.HasUnsent || look.PeerTookSome)
            _waitedAtProgress = waited;
        var left = Timeouts.WriteStall - (waited - _waitedAtProgress);
        if (left <= TimeSpan.Zero)
            return CloseReason.Local(
                CloseCause.Timeout,
                $"the peer took nothing of what waits to be sent for {Timeouts.WriteStall} (Timeouts.WriteStall)");
        if (look.Progress.HasUnsent)
            ConnectionLook.At(look.Now + left, ref next);
        look.NoLaterThan(Timeouts.WriteStall / 4, ref next);
        return null;
    }
}
