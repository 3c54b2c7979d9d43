namespace Sockeye.Testing;

/// <summary>
/// When TCP retransmits a lost segment, and when it gives up: the defaults of Linux (tcp_retries2, tcp_syn_retries; RFC 6298).
/// </summary>
internal struct Retransmission(bool isSyn)
{
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(120);

    private readonly int _maxTries = isSyn ? 6 : 15;
    private TimeSpan _delay = isSyn ? TimeSpan.FromSeconds(1) : TimeSpan.FromMilliseconds(200);
    private int _count;

    /// <summary>The delay before the next try; null when that was the last one.</summary>
    public TimeSpan? Next()
    {
        if (_count++ == _maxTries)
            return null;
        var delay = _delay;
        _delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
        return delay;
    }
}
