using System.Diagnostics;
using System.Globalization;

namespace Sockeye;

/// <summary>The timeouts that are off by default, and the state that they keep for a connection.</summary>
internal sealed class OptionalTimeouts
{
    private readonly TimeSpan _opened;
    private TimeSpan? _closeRequestedAt;
    private DirectionClock _receiving;
    private DirectionClock _sending;
    private RateWindow _receiveRate;
    private RateWindow _sendRate;

    /// <param name="now">The time since the start of the timer.</param>
    /// <param name="clocks">The clocks of the connection that this one continues. Null: it opens now.</param>
    public OptionalTimeouts(TimeSpan now, TimeoutClocks? clocks)
    {
        _opened = now - (clocks?.Age ?? TimeSpan.Zero);
        if (clocks is null)
            return;
        _receiving = new(clocks.BytesReceived, clocks.Age - clocks.ReceiveIdle);
        _sending = new(clocks.BytesSent, clocks.Age - clocks.SendIdle);
    }

    /// <summary>Returns the times since a byte was received, and since one was sent.</summary>
    public (TimeSpan Receive, TimeSpan Send) GetIdleTimes(ref TimeoutPoll poll)
    {
        var (progress, age) = (poll.Progress, poll.Now - _opened);
        return (
            _receiving.GetIdleTime(progress.BytesReceived, age - progress.ReceivePauseTime, progress.IdleTime),
            _sending.GetIdleTime(progress.BytesSent, age, progress.IdleTime));
    }

    /// <summary>Requests the handler to finish at the end of the lifetime; returns a reason after its grace period.</summary>
    public CloseReason? CheckLifetime(ConnectionTimeouts timeouts, StopNotification? stop, TimeSpan now, ref TimeSpan next)
    {
        Debug.Assert(now >= _opened && !(now < _closeRequestedAt), "Polls come in the order of time.");
        if (!ConnectionTimeouts.IsEnabled(timeouts.Lifetime))
            return null;
        if (_closeRequestedAt is null && now < _opened + timeouts.Lifetime)
        {
            next = _opened + timeouts.Lifetime;
            return null;
        }

        if (_closeRequestedAt is null)
        {
            _closeRequestedAt = now;
            stop?.RequestClose(new(
                ClosedBy.Local, CloseCause.Timeout, CloseDirection.Output,
                new Explanation(
                    $"the connection lasted for {OptionChecks.Describe(timeouts.Lifetime)}", "Timeouts.Lifetime")));
        }

        if (!ConnectionTimeouts.IsEnabled(timeouts.LifetimeGracePeriod))
            return null;
        Debug.Assert(
            _closeRequestedAt >= _opened + timeouts.Lifetime, "The end is requested after the lifetime.");
        next = _closeRequestedAt.Value + timeouts.LifetimeGracePeriod;
        return now < next
            ? null
            : CloseReason.Local(
                CloseCause.Timeout,
                new(
                    $"the connection lasted for {OptionChecks.Describe(timeouts.Lifetime)}", "Timeouts.Lifetime",
                    $", and was not finished within {OptionChecks.Describe(timeouts.LifetimeGracePeriod)} after that"));
    }

    /// <summary>Checks the first byte, both directions and both rates; returns a reason if one is missed.</summary>
    /// <param name="timeouts">The timeouts that are enabled.</param>
    /// <param name="poll">The poll of the connection.</param>
    /// <param name="isOpen">Whether neither side has ended its direction.</param>
    /// <param name="next">The time of the next poll.</param>
    public CloseReason? Check(ConnectionTimeouts timeouts, ref TimeoutPoll poll, bool isOpen, ref TimeSpan next) =>
        (isOpen ? CheckFirstByte(timeouts.FirstByte, ref poll, ref next) : null)
        ?? (isOpen ? CheckReceiveIdle(timeouts.ReceiveIdle, ref poll, ref next) : null)
        ?? (isOpen ? CheckSendIdle(timeouts.SendIdle, ref poll, ref next) : null)
        ?? (isOpen && timeouts.MinReceiveRate is { } receive ? CheckReceiveRate(receive, ref poll, ref next) : null)
        ?? (timeouts.MinSendRate is { } send ? CheckSendRate(send, ref poll, ref next) : null);

    private CloseReason? CheckFirstByte(TimeSpan firstByte, ref TimeoutPoll poll, ref TimeSpan next)
    {
        if (!ConnectionTimeouts.IsEnabled(firstByte) || poll.Progress.BytesReceived > 0)
            return null;
        if (_opened + firstByte <= poll.Now)
            return CloseReason.Local(
                CloseCause.Timeout,
                new(
                    $"the peer sent nothing for {OptionChecks.Describe(firstByte)} after it connected",
                    "Timeouts.FirstByte"));
        TimeoutPoll.ScheduleAt(_opened + firstByte, ref next);
        return null;
    }

    private CloseReason? CheckReceiveIdle(TimeSpan timeout, ref TimeoutPoll poll, ref TimeSpan next)
    {
        if (!ConnectionTimeouts.IsEnabled(timeout))
            return null;
        var clock = poll.Now - _opened - poll.Progress.ReceivePauseTime;
        return CheckDirection(
            timeout, _receiving.GetIdleTime(poll.Progress.BytesReceived, clock, poll.Progress.IdleTime),
            "the peer sent nothing", nameof(ConnectionTimeouts.ReceiveIdle), ref poll, ref next);
    }

    private CloseReason? CheckSendIdle(TimeSpan timeout, ref TimeoutPoll poll, ref TimeSpan next)
    {
        if (!ConnectionTimeouts.IsEnabled(timeout))
            return null;
        return CheckDirection(
            timeout, _sending.GetIdleTime(poll.Progress.BytesSent, poll.Now - _opened, poll.Progress.IdleTime),
            "this side sent nothing", nameof(ConnectionTimeouts.SendIdle), ref poll, ref next);
    }

    private static CloseReason? CheckDirection(
        TimeSpan timeout, TimeSpan idle, string sentence, string option, ref TimeoutPoll poll, ref TimeSpan next)
    {
        if (idle >= timeout)
            return CloseReason.Local(
                CloseCause.Timeout, new($"{sentence} for {OptionChecks.Describe(timeout)}", $"Timeouts.{option}"));
        TimeoutPoll.ScheduleAt(poll.Now + timeout - idle, ref next);
        poll.ScheduleWithin(timeout / 4, ref next);
        return null;
    }

    private CloseReason? CheckReceiveRate(DataRate minRate, ref TimeoutPoll poll, ref TimeSpan next)
    {
        var clock = poll.Now - _opened - poll.Progress.ReceivePauseTime;
        if (_receiveRate.Check(minRate, clock, poll.Progress.BytesReceived) is { } measured)
            return CreateTooSlowReason("sent", measured, minRate, nameof(ConnectionTimeouts.MinReceiveRate));
        TimeoutPoll.ScheduleAt(poll.Now + _receiveRate.GetRemaining(minRate, clock), ref next);
        return null;
    }

    private CloseReason? CheckSendRate(DataRate minRate, ref TimeoutPoll poll, ref TimeSpan next)
    {
        var clock = poll.Progress.SendWaitTime;
        // A system call is made only where the result depends on it: when data waits first, and at the end of a period.
        if (_sendRate.HasStarted ? _sendRate.GetRemaining(minRate, clock) <= TimeSpan.Zero : poll.Progress.HasUnsent)
        {
            _ = poll.HasPeerProgress;
            if (_sendRate.Check(minRate, clock, poll.Acknowledged) is { } measured)
                return CreateTooSlowReason("accepted", measured, minRate, nameof(ConnectionTimeouts.MinSendRate));
        }

        if (poll.Progress.HasUnsent)
            TimeoutPoll.ScheduleAt(poll.Now + _sendRate.GetRemaining(minRate, clock), ref next);
        else
            poll.ScheduleWithin(minRate.GracePeriod, ref next);
        return null;
    }

    private static CloseReason CreateTooSlowReason(
        string verb, (long Bytes, TimeSpan Time) measured, DataRate minRate, string option) =>
        CloseReason.Local(CloseCause.Timeout, new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"the peer {verb} {measured.Bytes} bytes in {measured.Time.TotalSeconds:0.#} s, "
                    + $"but the minimum is {minRate.BytesPerSecond} bytes per second"),
            $"Timeouts.{option}"));
}
