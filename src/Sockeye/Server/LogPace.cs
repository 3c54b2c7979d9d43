namespace Sockeye;

/// <summary>One line speaks for many: a flood of clients must not become a flood of lines.</summary>
internal sealed class LogPace(TimeProvider time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long? _told;
    private long _count;

    /// <summary>Counts one more. Whether a line is due, and how many it speaks for.</summary>
    public bool TryTell(out long count)
    {
        lock (_lock)
        {
            count = ++_count;
            if (_told is { } last && time.GetElapsedTime(last) < Interval)
                return false;
            (_count, _told) = (0, time.GetTimestamp());
            return true;
        }
    }
}
