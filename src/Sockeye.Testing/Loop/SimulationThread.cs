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
        var blocked = WaitForEndOrBlock(thread, limits.MaxStepTime, () => Volatile.Read(ref loop));
        return blocked is null ? failure : CreateBlockedException(limits, blocked);
    }

    /// <summary>Returns null when the thread has ended, or its loop when one step takes longer than the limit.</summary>
    private static SimulationLoop? WaitForEndOrBlock(Thread thread, TimeSpan limit, Func<SimulationLoop?> getLoop)
    {
        var (last, since) = (-1L, TimeProvider.System.GetTimestamp());
        while (!thread.Join(limit / 4))
        {
            // Without a loop, no step has begun: on a busy machine, the thread may start late.
            if (getLoop() is not { } loop)
                continue;
            if (loop.Steps is var now && now != last)
                (last, since) = (now, TimeProvider.System.GetTimestamp());
            else if (TimeProvider.System.GetElapsedTime(since) >= limit && !System.Diagnostics.Debugger.IsAttached)
                return loop;
        }

        return null;
    }

    private static SimulationException CreateBlockedException(SimulationLimits limits, SimulationLoop loop) => new(
        $"One work item has blocked the only thread of the run for {limits.MaxStepTime} (MaxStepTime): something in it blocks, "
        + $"such as .Wait(), .Result, a lock or Thread.Sleep, or computes endlessly; {loop.Pending.Describe()}");
}
