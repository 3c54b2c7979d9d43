using System.Globalization;

namespace Sockeye;

/// <summary>The timeouts that are off by default, and what they have to remember of a connection.</summary>
internal sealed class OptionalTimeouts(TimeSpan opened)
{
    private TimeSpan? _closeRequestedAt;
    private RateWindow _receiveRate;
    private RateWindow _sendRate;

    /// <summary>Asks the handler to finish when the lifetime is over; gives a reason when it had its time to do so.</summary>
    public CloseReason? CheckLifetime(ConnectionTimeouts timeouts, StopNotification? stop, TimeSpan now, ref TimeSpan next)
    {
        if (!ConnectionTimeouts.IsEnabled(timeouts.Lifetime))
            return null;
        if (_closeRequestedAt is null && now < opened + timeouts.Lifetime)
        {
            next = opened + timeouts.Lifetime;
            return null;
        }

        if (_closeRequestedAt is null)
        {
            _closeRequestedAt = now;
            stop?.RequestClose(new(
                ClosedBy.Local, CloseCause.Timeout, CloseDirection.Output,
                $"the connection lasted for {timeouts.Lifetime} (Timeouts.Lifetime)"));
        }

        if (!ConnectionTimeouts.IsEnabled(timeouts.LifetimeGracePeriod))
            return null;
        next = _closeRequestedAt.Value + timeouts.LifetimeGracePeriod;
        return now < next
            ? null
            : CloseReason.Local(
                CloseCause.Timeout,
                $"the connection lasted for {timeouts.Lifetime} (Timeouts.Lifetime), and was not finished within "
                    + $"{timeouts.LifetimeGracePeriod} (LifetimeGracePeriod)");
    }

    /// <param name="timeouts">What is on.</param>
    /// <param name="look">What was found.</param>
    /// <param name="isOpen">Whether neither side has ended: one that has ended its side has nothing more to send.</param>
    /// <param name="next">When to look again.</param>
    public CloseReason? Check(ConnectionTimeouts timeouts, ref TimeoutPoll look, bool isOpen, ref TimeSpan next) =>
        (isOpen ? CheckFirstByte(timeouts.FirstByte, ref look, ref next) : null)
        ?? (isOpen && timeouts.MinReceiveRate is { } receive ? CheckReceiveRate(receive, ref look, ref next) : null)
        ?? (timeouts.MinSendRate is { } send ? CheckSendRate(send, ref look, ref next) : null);

    private CloseReason? CheckFirstByte(TimeSpan firstByte, ref TimeoutPoll look, ref TimeSpan next)
    {
        if (!ConnectionTimeouts.IsEnabled(firstByte) || look.Progress.BytesReceived > 0)
            return null;
        if (opened + firstByte <= look.Now)
            return CloseReason.Local(
                CloseCause.Timeout, $"the peer sent nothing for {firstByte} after it connected (Timeouts.FirstByte)");
        TimeoutPoll.ScheduleAt(opened + firstByte, ref next);
        return null;
    }

    private CloseReason? CheckReceiveRate(DataRate least, ref TimeoutPoll look, ref TimeSpan next)
    {
        var clock = look.Now - opened - look.Progress.ReceivePauseTime;
        if (_receiveRate.Check(least, clock, look.Progress.BytesReceived) is { } found)
            return CreateTooSlowReason("sent", found, least, nameof(ConnectionTimeouts.MinReceiveRate));
        TimeoutPoll.ScheduleAt(look.Now + _receiveRate.GetRemaining(least, clock), ref next);
        return null;
    }

    private CloseReason? CheckSendRate(DataRate least, ref TimeoutPoll look, ref TimeSpan next)
    {
        var clock = look.Progress.SendWaitTime;
        // The system is asked where an answer depends on it: when data waits for the first time, and at the end of a window.
        if (_sendRate.HasStarted ? _sendRate.GetRemaining(least, clock) <= TimeSpan.Zero : look.Progress.HasUnsent)
        {
            _ = look.HasPeerProgress;
            if (_sendRate.Check(least, clock, look.Acknowledged) is { } found)
                return CreateTooSlowReason("took", found, least, nameof(ConnectionTimeouts.MinSendRate));
        }

        if (look.Progress.HasUnsent)
            TimeoutPoll.ScheduleAt(look.Now + _sendRate.GetRemaining(least, clock), ref next);
        else
            look.ScheduleWithin(least.GracePeriod, ref next);
        return null;
    }

    private static CloseReason CreateTooSlowReason(string did, (long Bytes, TimeSpan Time) found, DataRate least, string option) =>
        CloseReason.Local(CloseCause.Timeout, string.Create(
            CultureInfo.InvariantCulture,
            $"the peer {did} {found.Bytes} bytes in {found.Time.TotalSeconds:0.#} s, "
                + $"but must do {least.BytesPerSecond} bytes per second (Timeouts.{option})"));
}
