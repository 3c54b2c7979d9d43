namespace Sockeye.Instruments;

/// <summary>What one call costs the thread that makes it.</summary>
internal static class CallCost
{
    public static (double Nanoseconds, double Bytes) Measure(Action call, int calls)
    {
        for (var i = 0; i < calls; i++)
            call(); // compiles
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var begun = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < calls; i++)
            call();
        var time = TimeProvider.System.GetElapsedTime(begun).TotalNanoseconds / calls;
        return (time, (double)(GC.GetAllocatedBytesForCurrentThread() - allocated) / calls);
    }
}
