using System.Diagnostics;

namespace Sockeye;

/// <summary>Whether a server is being stopped, and since when. From any thread.</summary>
internal sealed class StopClock(TimeProvider time)
{
    private long _since; // 0: it is not

    public bool IsRunning => Volatile.Read(ref _since) != 0;

    public void Start()
    {
        Debug.Assert(!IsRunning, "A server stops once.");
        Volatile.Write(ref _since, time.GetTimestamp() is not 0 and var now ? now : 1);
    }

    /// <summary>How long handlers may still take, of this time in all; null while the server is not being stopped.</summary>
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
