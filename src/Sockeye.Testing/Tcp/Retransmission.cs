namespace Sockeye.Testing;

/// <summary>
/// The times at which TCP retransmits a lost segment, and their maximum number: the defaults of Linux (tcp_retries2,
/// tcp_syn_retries; RFC 6298).
/// </summary>
internal struct Retransmission(bool isSyn)
{
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(120);

    private readonly int _maxTries = isSyn ? 6 : 15;
    private TimeSpan _delay = isSyn ? TimeSpan.FromSeconds(1) : TimeSpan.FromMilliseconds(200);
    private int _count;

    /// <summary>Returns the delay before the next retransmission; null after the last one.</summary>
    public TimeSpan? Next()
    {
        if (_count++ == _maxTries)
            return null;
        var delay = _delay;
        _delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
        return delay;
    }
}
