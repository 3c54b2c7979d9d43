using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Enforces the timeouts of one connection: polls its counts when the next timeout may have passed.</summary>
/// <remarks>All timeouts share one timer entry. Reading and writing do not touch it.</remarks>
internal sealed class TimeoutMonitor : CoarseTimerEntry
{
    /// <summary>
    /// A poll that is this late follows a pause of the whole process (a debugger, a frozen machine). What arrived during the
    /// pause is received first: the poll is repeated after <see cref="SettleTime"/>.
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

    /// <param name="connection">The connection.</param>
    /// <param name="settings">The timeouts, and their timer.</param>
    /// <param name="stop">Asks the handler to finish.</param>
    /// <param name="clocks">The clocks of the connection that this one continues. Null: it is new.</param>
    public TimeoutMonitor(
        ConnectionContext connection, TimeoutMonitorSettings settings, StopNotification? stop, TimeoutClocks? clocks = null)
    {
        (_connection, _settings, _stop) = (connection, settings, stop);
        _lastIoAt = _polledAt = settings.Timer.Elapsed;
        _optional = settings.HasOptionalTimeouts ? new(_lastIoAt, clocks) : null;
        if (clocks is null)
            return;
        _ioBytes = clocks.BytesReceived + clocks.BytesSent;
        _lastIoAt -= clocks.Idle;
    }

    private ConnectionTimeouts Timeouts => _settings.Timeouts;

    /// <summary>Whether the connection counts its bytes. If not, only the lifetime is enforced.</summary>
    public static bool CountsBytes(ConnectionContext connection) => connection is IConnectionProgressFeature;

    /// <summary>Starts the timeouts.</summary>
    public void Start() => Arm(Poll(_polledAt), _polledAt);

    /// <summary>Returns the times since a byte was received, and since one was sent.</summary>
    public (TimeSpan Receive, TimeSpan Send) GetIdleTimes(IConnectionProgressFeature connection)
    {
        var poll = new TimeoutPoll(connection, _settings.Timer.Elapsed, _acknowledged);
        return _optional?.GetIdleTimes(ref poll) ?? (poll.Progress.IdleTime, poll.Progress.IdleTime);
    }

    /// <summary>Ends the monitor when the connection is closed. The timer then releases it.</summary>
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

    /// <param name="next">The time of the next poll, or null for none.</param>
    /// <param name="now">The time since the start of the timer.</param>
    private void Arm(TimeSpan? next, TimeSpan now)
    {
        if (next is not { } at || at == TimeSpan.MaxValue)
            return;
        Debug.Assert(at > now, "A timeout that has passed ends the connection instead of being polled again.");
        _settings.Timer.Set(this, at - now);
        // End may have cancelled the entry before it was set. It sets the flag first, so this sees it.
        if (_isEnded)
            _settings.Timer.Cancel(this);
    }

    /// <summary>Ends the connection if a timeout has passed; otherwise returns the time of the next poll.</summary>
    private TimeSpan? Poll(TimeSpan now)
    {
        var next = TimeSpan.MaxValue;
        if (_optional?.CheckLifetime(Timeouts, _stop, now, ref next) is { } over)
        {
            // A reset, as when a server stops: truncated data must not look complete.
            _connection.Abort(over);
            return null;
        }

        if (_connection is not IConnectionProgressFeature feature)
            return next; // The transport does not count bytes, so only the lifetime applies.
        var poll = new TimeoutPoll(feature, now, _acknowledged);
        var reason = CheckIdle(ref poll, ref next)
            ?? CheckWriteStall(ref poll, ref next)
            ?? _optional?.Check(Timeouts, ref poll, isOpen: _connection.EndReason is null, ref next);
        Debug.Assert(_polledAt <= now && _lastIoAt <= now, "Polls come in the order of time, after the I/O that they find.");
        (_polledAt, _acknowledged) = (now, poll.Acknowledged);
        if (reason is null)
            return next;
        if (poll.HasPendingData)
            _connection.Abort(reason);
        else
            _connection.Close(reason);
        return null;
    }

    private CloseReason? CheckIdle(ref TimeoutPoll poll, ref TimeSpan next)
    {
        var ioBytes = poll.Progress.BytesReceived + poll.Progress.BytesSent;
        Debug.Assert(ioBytes >= _ioBytes, "The counts of a connection only grow.");
        if (ioBytes != _ioBytes)
        {
            // The transport may use another clock, but the transfer is more recent than the last poll.
            var ioAt = poll.Now - poll.Progress.IdleTime;
            (_ioBytes, _lastIoAt) = (ioBytes, ioAt > _polledAt ? ioAt : _polledAt);
        }

        if (!ConnectionTimeouts.IsEnabled(Timeouts.Idle))
            return null;
        if (_lastIoAt + Timeouts.Idle <= poll.Now)
        {
            if (!poll.HasPendingData || !poll.HasPeerProgress)
                return CloseReason.Local(
                    CloseCause.Timeout,
                    new($"nothing was received or sent for {OptionChecks.Describe(Timeouts.Idle)}", "Timeouts.Idle"));
            _lastIoAt = poll.Now - (Timeouts.Idle * 0.75);
        }

        TimeoutPoll.ScheduleAt(_lastIoAt + Timeouts.Idle, ref next);
        return null;
    }

    private CloseReason? CheckWriteStall(ref TimeoutPoll poll, ref TimeSpan next)
    {
        if (!ConnectionTimeouts.IsEnabled(Timeouts.WriteStall))
            return null;
        var waited = poll.Progress.SendWaitTime;
        if (!poll.Progress.HasUnsent || poll.HasPeerProgress)
            _waitTimeAtProgress = waited;
        var left = Timeouts.WriteStall - (waited - _waitTimeAtProgress);
        if (left <= TimeSpan.Zero)
            return CloseReason.Local(
                CloseCause.Timeout,
                new(
                    $"the peer accepted none of the data that waits to be sent for {OptionChecks.Describe(Timeouts.WriteStall)}",
                    "Timeouts.WriteStall"));
        if (poll.Progress.HasUnsent)
            TimeoutPoll.ScheduleAt(poll.Now + left, ref next);
        poll.ScheduleWithin(Timeouts.WriteStall / 4, ref next);
        return null;
    }
}
