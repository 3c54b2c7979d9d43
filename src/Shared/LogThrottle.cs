namespace Sockeye;

/// <summary>Limits the number of log lines, so that a flood of clients does not become a flood of lines.</summary>
internal sealed class LogThrottle(TimeProvider time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long? _loggedAt;
    private long _count;

    /// <summary>Counts an event. Returns whether to log a line, and the number of events that the line reports.</summary>
    public bool TryLog(out long count)
    {
        lock (_lock)
        {
            count = ++_count;
            if (_loggedAt is { } last && time.GetElapsedTime(last) < Interval)
                return false;
            (_count, _loggedAt) = (0, time.GetTimestamp());
            return true;
        }
    }
}
