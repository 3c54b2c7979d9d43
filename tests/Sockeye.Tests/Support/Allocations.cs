namespace Sockeye.Tests.Support;

/// <summary>Measures what a piece of code allocates on this thread.</summary>
internal static class Allocations
{
    private const int Rounds = 5;

    /// <summary>Bytes allocated by <paramref name="count"/> runs, after enough runs to warm up pools and compiled code.</summary>
    /// <remarks>
    /// The least of a few rounds: what a run allocates shows in every one, while a shared pool that tests on other threads happen
    /// to have emptied shows in one.
    /// </remarks>
    public static long Of(int count, Action run)
    {
        for (var i = 0; i < 200; i++)
            run();
        return Enumerable.Range(0, Rounds).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < count; i++)
                run();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });
    }
}
