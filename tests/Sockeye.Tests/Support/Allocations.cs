namespace Sockeye.Tests.Support;

/// <summary>Measures what a piece of code allocates on this thread.</summary>
internal static class Allocations
{
    /// <summary>Bytes allocated by <paramref name="count"/> runs, after enough runs to warm up pools and compiled code.</summary>
    public static long Of(int count, Action run)
    {
        for (var i = 0; i < 200; i++)
            run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < count; i++)
            run();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
