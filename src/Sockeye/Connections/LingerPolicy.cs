using System.Diagnostics;

namespace Sockeye;

/// <summary>Decides how long a connection that has sent its FIN waits for its peer. The time starts when it is created.</summary>
/// <remarks>
/// Data from the peer does not prolong the wait; only its acknowledgements do. On a system that does not report acknowledgements,
/// the peer counts as having acknowledged everything.
/// </remarks>
internal struct LingerPolicy
{
    private static readonly TimeSpan MinPollInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan MaxPollInterval = TimeSpan.FromSeconds(1);

    private readonly TransportConnectionOptions _options;
    private readonly long _start;
    private long _polledAt;
    private long? _acknowledgedAllAt;
    private long _progressedAt;
    private long _acknowledged = -1;

    public LingerPolicy(TransportConnectionOptions options)
    {
        _options = options;
        _start = _polledAt = options.TimeProvider.GetTimestamp();
        _acknowledgedAllAt = _start;
        PollInterval = TimeSpan.FromTicks(
            Math.Clamp(options.ShortestTimeout.Ticks / 4, MinPollInterval.Ticks, MaxPollInterval.Ticks));
    }

    /// <summary>The time between polls, and before the first one. Most peers have ended by then.</summary>
    public TimeSpan PollInterval { get; }

    /// <summary>Returns null if the peer gets more time, or the reason to close now.</summary>
    /// <param name="system">The progress that the system reports.</param>
    public CloseReason? Poll(SystemProgress? system)
    {
        var now = _options.TimeProvider.GetTimestamp();
        Debug.Assert(now >= _polledAt, "The clock does not go back.");
        var before = _polledAt;
        _polledAt = now;
        if (system is not { HasPending: true, Acknowledged: var acknowledged })
        {
            _acknowledgedAllAt ??= before; // The earliest possible time, which is the last poll.
            return GetElapsed(_acknowledgedAllAt.Value, now) >= _options.LingerTimeout ? CloseReason.LocalFin : null;
        }

        _acknowledgedAllAt = null;
        if (acknowledged != _acknowledged)
            (_acknowledged, _progressedAt) = (acknowledged, now);
        else if (GetElapsed(_progressedAt, now) >= _options.CloseTimeout)
            return CloseReason.Unacknowledged(
                $"nothing more of it for {_options.CloseTimeout.TotalSeconds:0.###} s (CloseTimeout)");
        return GetElapsed(_start, now) >= _options.MaxLingerTime
            ? CloseReason.Unacknowledged($"not all of it within {_options.MaxLingerTime.TotalSeconds:0.###} s (MaxLingerTime)")
            : null;
    }

    private readonly TimeSpan GetElapsed(long from, long to) => _options.TimeProvider.GetElapsedTime(from, to);
}
