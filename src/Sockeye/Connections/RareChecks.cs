using System.Globalization;

namespace Sockeye;

/// <summary>The timeouts that are off by default, and what they have to remember of a connection.</summary>
internal sealed class RareChecks(TimeSpan opened)
{
    private TimeSpan? _told;
    private RateWindow _receiving;
    private RateWindow _sending;

    /// <summary>Asks the handler to finish when the lifetime is over; gives a reason when it had its time to do so.</summary>
    public CloseReason? LifetimeIsOver(ConnectionTimeouts timeouts, StopNotification? stop, TimeSpan now, ref TimeSpan next)
    {
        if (!ConnectionTimeouts.IsOn(timeouts.Lifetime))
            return null;
        if (_told is null && now < opened + timeouts.Lifetime)
        {
            next = opened + timeouts.Lifetime;
            return null;
        }

        if (_told is null)
        {
            _told = now;
            stop?.RequestClose(new(
                ClosedBy.Local, CloseCause.Timeout, CloseDirection.Output,
                $"the connection lasted for {timeouts.Lifetime} (Timeouts.Lifetime)"));
        }

        if (!ConnectionTimeouts.IsOn(timeouts.LifetimeGracePeriod))
            return null;
        next = _told.Value + timeouts.LifetimeGracePeriod;
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
    public CloseReason? TooSlow(ConnectionTimeouts timeouts, ref ConnectionLook look, bool isOpen, ref TimeSpan next) =>
        (isOpen ? NoFirstByte(timeouts.FirstByte, ref look, ref next) : null)
        ?? (isOpen && timeouts.MinReceiveRate is { } receive ? ReceivesTooSlowly(receive, ref look, ref next) : null)
        ?? (timeouts.MinSendRate is { } send ? SendsTooSlowly(send, ref look, ref next) : null);

    private CloseReason? NoFirstByte(TimeSpan firstByte, ref ConnectionLook look, ref TimeSpan next)
    {
        if (!ConnectionTimeouts.IsOn(firstByte) || look.Progress.BytesReceived > 0)
            return null;
        if (opened + firstByte <= look.Now)
            return CloseReason.Local(
                CloseCause.Timeout, $"the peer sent nothing for {firstByte} after it connected (Timeouts.FirstByte)");
        ConnectionLook.At(opened + firstByte, ref next);
        return null;
    }

    private CloseReason? ReceivesTooSlowly(DataRate least, ref ConnectionLook look, ref TimeSpan next)
    {
        var clock = look.Now - opened - look.Progress.ReceivePaused;
        if (_receiving.IsTooSlow(least, clock, look.Progress.BytesReceived) is { } found)
            return Slow("sent", found, least, nameof(ConnectionTimeouts.MinReceiveRate));
        ConnectionLook.At(look.Now + _receiving.Left(least, clock), ref next);
        return null;
    }

    private CloseReason? SendsTooSlowly(DataRate least, ref ConnectionLook look, ref TimeSpan next)
    {
        var clock = look.Progress.SendWaited;
        // The system is asked where an answer depends on it: when data waits for the first time, and at the end of a window.
        if (_sending.HasBegun ? _sending.Left(least, clock) <= TimeSpan.Zero : look.Progress.HasUnsent)
        {
            _ = look.PeerTookSome;
            if (_sending.IsTooSlow(least, clock, look.Taken) is { } found)
                return Slow("took", found, least, nameof(ConnectionTimeouts.MinSendRate));
        }

        if (look.Progress.HasUnsent)
            ConnectionLook.At(look.Now + _sending.Left(least, clock), ref next);
        else
            look.NoLaterThan(least.GracePeriod, ref next);
        return null;
    }

    private static CloseReason Slow(string did, (long Bytes, TimeSpan Time) found, DataRate least, string option) =>
        CloseReason.Local(CloseCause.Timeout, string.Create(
            CultureInfo.InvariantCulture,
            $"the peer {did} {found.Bytes} bytes in {found.Time.TotalSeconds:0.#} s, "
                + $"but must do {least.BytesPerSecond} bytes per second (Timeouts.{option})"));
}
