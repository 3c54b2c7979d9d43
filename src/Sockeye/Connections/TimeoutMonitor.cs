using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Keeps the timeouts of one connection: looks at its counts when the next of them could be over.</summary>
/// <remarks>One entry of the timer for all of them. Reading and writing do not touch it.</remarks>
internal sealed class TimeoutMonitor : CoarseTimerEntry
{
    /// <summary>
    /// A look that is this late follows a pause of the whole process (a debugger, a frozen machine). What arrived meanwhile is
    /// received first: the look comes again after <see cref="SettleTime"/>.
    /// </summary>
    internal static readonly TimeSpan LongPause = TimeSpan.FromSeconds(2);

    internal static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1);

    private readonly ConnectionContext _connection;
    private readonly TimeoutMonitorSettings _settings;
    private readonly StopNotification? _stop;
    private readonly OptionalTimeouts? _optional;
    private volatile bool _isEnded;
    private long _ioBytes;
    private TimeSpan _lastIoAt;
    private TimeSpan _polledAt;
    private long _acknowledged = -1;
    private TimeSpan _waitTimeAtProgress;

    public TimeoutMonitor(ConnectionContext connection, TimeoutMonitorSettings plan, StopNotification? stop)
    {
        (_connection, _settings, _stop) = (connection, plan, stop);
        _lastIoAt = _polledAt = plan.Timer.Elapsed;
        _optional = plan.HasOptionalTimeouts ? new(_lastIoAt) : null;
    }

    private ConnectionTimeouts Timeouts => _settings.Timeouts;

    /// <summary>Whether the connection tells what moves on it. Of one that does not, only the lifetime is watched.</summary>
    public static bool CountsBytes(ConnectionContext connection) => connection is IConnectionProgressFeature;

    /// <summary>Begins to watch.</summary>
    public void Start() => Arm(Poll(_lastIoAt), _lastIoAt);

    /// <summary>The connection is closed. Afterwards the timer holds nothing of it.</summary>
    public void End()
    {
        _isEnded = true;
        _settings.Timer.Cancel(this);
    }

    internal protected override void OnDue()
    {
        if (_isEnded)
            return;
        var now = _settings.Timer.Elapsed;
        Arm(_settings.Timer.GetLateness(this) > LongPause ? now + SettleTime : Poll(now), now);
    }

    /// <param name="next">When to look again; null: never.</param>
    /// <param name="now">The time since the timer's start.</param>
    private void Arm(TimeSpan? next, TimeSpan now)
    {
        if (next is not { } at || at == TimeSpan.MaxValue)
            return;
        _settings.Timer.Set(this, at - now);
        // End may have cancelled before this was set. It says first that it ends: then this sees it.
        if (_isEnded)
            _settings.Timer.Cancel(this);
    }

    /// <summary>Ends the connection if it is over time; otherwise tells when it could be.</summary>
    private TimeSpan? Poll(TimeSpan now)
    {
        var next = TimeSpan.MaxValue;
        if (_optional?.CheckLifetime(Timeouts, _stop, now, ref next) is { } over)
        {
            // As when a server stops: the peer must not take what it has for the whole.
            _connection.Abort(over);
            return null;
        }

        if (_connection is not IConnectionProgressFeature feature)
            return next; // Not of a transport that counts bytes: there is only its lifetime.
        var look = new TimeoutPoll(feature, now, _acknowledged);
        var reason = CheckIdle(ref look, ref next)
            ?? CheckWriteStall(ref look, ref next)
            ?? _optional?.Check(Timeouts, ref look, isOpen: _connection.EndReason is null, ref next);
        (_polledAt, _acknowledged) = (now, look.Acknowledged);
        if (reason is null)
            return next;
        if (look.HasPendingData)
            _connection.Abort(reason);
        else
            _connection.Close(reason);
        return null;
    }

    private CloseReason? CheckIdle(ref TimeoutPoll look, ref TimeSpan next)
    {
        var moved = look.Progress.BytesReceived + look.Progress.BytesSent;
        if (moved != _ioBytes)
        {
            // The transport's clock may be another one: it moved since the last look, that much is sure.
            var movedAt = look.Now - look.Progress.IdleTime;
            (_ioBytes, _lastIoAt) = (moved, movedAt > _polledAt ? movedAt : _polledAt);
        }

        if (!ConnectionTimeouts.IsEnabled(Timeouts.Idle))
            return null;
        if (_lastIoAt + Timeouts.Idle <= look.Now)
        {
            if (!look.HasPendingData || !look.HasPeerProgress)
                return CloseReason.Local(
                    CloseCause.Timeout, $"nothing was received or sent for {Timeouts.Idle} (Timeouts.Idle)");
            _lastIoAt = look.Now - (Timeouts.Idle * 0.75);
        }

        TimeoutPoll.ScheduleAt(_lastIoAt + Timeouts.Idle, ref next);
        return null;
    }

    private CloseReason? CheckWriteStall(ref TimeoutPoll look, ref TimeSpan next)
    {
        if (!ConnectionTimeouts.IsEnabled(Timeouts.WriteStall))
            return null;
        var waited = look.Progress.SendWaitTime;
        if (!look.Progress.HasUnsent || look.HasPeerProgress)
            _waitTimeAtProgress = waited;
        var left = Timeouts.WriteStall - (waited - _waitTimeAtProgress);
        if (left <= TimeSpan.Zero)
            return CloseReason.Local(
                CloseCause.Timeout,
                $"the peer took nothing of what waits to be sent for {Timeouts.WriteStall} (Timeouts.WriteStall)");
        if (look.Progress.HasUnsent)
            TimeoutPoll.ScheduleAt(look.Now + left, ref next);
        look.ScheduleWithin(Timeouts.WriteStall / 4, ref next);
        return null;
    }
}
