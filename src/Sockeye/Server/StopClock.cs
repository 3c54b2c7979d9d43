using System.Diagnostics;

namespace Sockeye;

/// <summary>The time since a server's stop started. Safe for use from any thread.</summary>
internal sealed class StopClock(TimeProvider time)
{
    private long _since; // 0: no stop has started

    public bool IsRunning => Volatile.Read(ref _since) != 0;

    public void Start()
    {
        Debug.Assert(!IsRunning, "A server stops once.");
        Volatile.Write(ref _since, time.GetTimestamp() is not 0 and var now ? now : 1);
    }

    /// <summary>Returns the rest of the timeout; null if no stop has started.</summary>
    public TimeSpan? TimeLeft(TimeSpan timeout)
    {
        if (Volatile.Read(ref _since) is 0)
            return null;
        if (timeout == Timeout.InfiniteTimeSpan)
            return timeout;
        var left = timeout - time.GetElapsedTime(_since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
