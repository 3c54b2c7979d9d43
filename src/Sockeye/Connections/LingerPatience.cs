namespace Sockeye;

/// <summary>How long a connection that has sent its FIN waits for its peer. Begins when it is made.</summary>
/// <remarks>
/// What the peer sends meanwhile does not prolong the wait; only what it acknowledges does. A system that does not report
/// acknowledgements counts as one whose peer has taken everything.
/// </remarks>
internal struct LingerPatience
{
    private static readonly TimeSpan ShortestStep = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(1);

    private readonly StreamConnectionOptions _options;
    private readonly long _begun;
    private long _lookedAt;
    private long? _tookAllAt;
    private long _progressedAt;
    private long _acknowledged = -1;

    public LingerPatience(StreamConnectionOptions options)
    {
        _options = options;
        _begun = _lookedAt = options.TimeProvider.GetTimestamp();
        _tookAllAt = _begun;
        Step = TimeSpan.FromTicks(Math.Clamp(options.ShortestPatience.Ticks / 4, ShortestStep.Ticks, LongestStep.Ticks));
    }

    /// <summary>How long to wait before each look. Most peers have ended before the first.</summary>
    public TimeSpan Step { get; }

    /// <summary>Null: the peer gets more time. Otherwise the reason to close now.</summary>
    /// <param name="system">What the system reports.</param>
    public CloseReason? Look(SystemProgress? system)
    {
        var now = _options.TimeProvider.GetTimestamp();
        var before = _lookedAt;
        _lookedAt = now;
        if (system is not { HasWaiting: true, Acknowledged: var acknowledged })
        {
            _tookAllAt ??= before; // It was at some moment since then.
            return Elapsed(_tookAllAt.Value, now) >= _options.LingerTimeout ? CloseReason.LocalFin : null;
        }

        _tookAllAt = null;
        if (acknowledged != _acknowledged)
            (_acknowledged, _progressedAt) = (acknowledged, now);
        else if (Elapsed(_progressedAt, now) >= _options.CloseTimeout)
            return CloseReason.Unacknowledged(
                $"nothing more of it for {_options.CloseTimeout.TotalSeconds:0.###} s (CloseTimeout)");
        return Elapsed(_begun, now) >= _options.MaxLingerTime
            ? CloseReason.Unacknowledged($"not all of it within {_options.MaxLingerTime.TotalSeconds:0.###} s (MaxLingerTime)")
            : null;
    }

    private readonly TimeSpan Elapsed(long from, long to) => _options.TimeProvider.GetElapsedTime(from, to);
}
