namespace Sockeye.Testing;

/// <summary>Runs a simulation on a new thread, and reports an error instead of a hang if work blocks that thread.</summary>
internal static class SimulationThread
{
    /// <summary>
    /// Runs a loop, which is created on the thread. Returns the exception that stopped it, or null if the test completed.
    /// </summary>
    public static Exception? Run(string name, SimulationLimits limits, Func<SimulationLoop> makeLoop, Func<Task> test)
    {
        SimulationLoop? loop = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Volatile.Write(ref loop, makeLoop());
                loop.Run(test);
            }
            catch (Exception error)
            {
                failure = error;
            }
        })
        {
            Name = name,
            IsBackground = true, // A blocked thread must not keep the process from ending.
        };
        thread.Start();
        var isBlocked = IsBlocked(thread, limits.MaxStepTime, () => Volatile.Read(ref loop)?.Steps ?? 0);
        return isBlocked ? CreateBlockedException(limits, loop!) : failure;
    }

    private static bool IsBlocked(Thread thread, TimeSpan limit, Func<long> steps)
    {
        var (last, since) = (-1L, TimeProvider.System.GetTimestamp());
        while (!thread.Join(limit / 4))
        {
            if (steps() is var now && now != last)
                (last, since) = (now, TimeProvider.System.GetTimestamp());
            else if (TimeProvider.System.GetElapsedTime(since) >= limit && !System.Diagnostics.Debugger.IsAttached)
                return true;
        }

        return false;
    }

    private static SimulationException CreateBlockedException(SimulationLimits limits, SimulationLoop loop) => new(
        $"One work item has blocked the only thread of the run for {limits.MaxStepTime} (MaxStepTime): something in it blocks, "
        + $"such as .Wait(), .Result, a lock or Thread.Sleep, or computes endlessly; {loop.Pending.Describe()}");
}
