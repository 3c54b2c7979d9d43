namespace Sockeye;

/// <summary>How long a connection that has sent its FIN waits for its peer. Begins when it is made.</summary>
/// <remarks>
/// What the peer sends meanwhile does not prolong the wait; only what it acknowledges does. A system that does not report
/// acknowledgements counts as one whose peer has taken everything.
/// </remarks>
internal struct LingerPolicy
{
    private static readonly TimeSpan MinPollInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan MaxPollInterval = TimeSpan.FromSeconds(1);

    private readonly StreamConnectionOptions _options;
    private readonly long _start;
    private long _polledAt;
    private long? _acknowledgedAllAt;
    private long _progressedAt;
    private long _acknowledged = -1;

    public LingerPolicy(StreamConnectionOptions options)
    {
        _options = options;
        _start = _polledAt = options.TimeProvider.GetTimestamp();
        _acknowledgedAllAt = _start;
        PollInterval = TimeSpan.FromTicks(Math.Clamp(options.ShortestTimeout.Ticks / 4, MinPollInterval.Ticks, MaxPollInterval.Ticks));
    }

    /// <summary>How long to wait before each look. Most peers have ended before the first.</summary>
    public TimeSpan PollInterval { get; }

    /// <summary>Null: the peer gets more time. Otherwise the reason to close now.</summary>
    /// <param name="system">What the system reports.</param>
    public CloseReason? Poll(SystemProgress? system)
    {
        var now = _options.TimeProvider.GetTimestamp();
        var before = _polledAt;
        _polledAt = now;
        if (system is not { HasPending: true, Acknowledged: var acknowledged })
        {
            _acknowledgedAllAt ??= before; // It was at some moment since then.
            return Elapsed(_acknowledgedAllAt.Value, now) >= _options.LingerTimeout ? CloseReason.LocalFin : null;
        }

        _acknowledgedAllAt = null;
        if (acknowledged != _acknowledged)
            (_acknowledged, _progressedAt) = (acknowledged, now);
        else if (Elapsed(_progressedAt, now) >= _options.CloseTimeout)
            return CloseReason.Unacknowledged(
                $"nothing more of it for {_options.CloseTimeout.TotalSeconds:0.###} s (CloseTimeout)");
        return Elapsed(_start, now) >= _options.MaxLingerTime
            ? CloseReason.Unacknowledged($"not all of it within {_options.MaxLingerTime.TotalSeconds:0.###} s (MaxLingerTime)")
            : null;
    }

    private readonly TimeSpan Elapsed(long from, long to) => _options.TimeProvider.GetElapsedTime(from, to);
}
