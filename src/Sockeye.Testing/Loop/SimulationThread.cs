namespace Sockeye.Testing;

/// <summary>Gives a run a thread of its own, and notices when something blocks it: then there is no hang, but an error.</summary>
internal static class SimulationThread
{
    /// <summary>Runs a loop that is made on the thread, and answers with what stopped it; null: the test's end.</summary>
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
            IsBackground = true, // One that is blocked for ever must not keep the process.
        };
        thread.Start();
        var isBlocked = IsBlocked(thread, limits.MaxStepTime, () => Volatile.Read(ref loop)?.Steps ?? 0);
        return isBlocked ? CreateBlockedException(limits, loop!) : failure;
    }

    private static bool IsBlocked(Thread thread, TimeSpan most, Func<long> steps)
    {
        var (last, since) = (-1L, TimeProvider.System.GetTimestamp());
        while (!thread.Join(most / 4))
        {
            if (steps() is var now && now != last)
                (last, since) = (now, TimeProvider.System.GetTimestamp());
            else if (TimeProvider.System.GetElapsedTime(since) >= most && !System.Diagnostics.Debugger.IsAttached)
                return true;
        }

        return false;
    }

    private static SimulationException CreateBlockedException(SimulationLimits limits, SimulationLoop loop) => new(
        $"One piece of work has kept the run's only thread for {limits.MaxStepTime} (MaxStepTime): something in it blocks, as "
        + $".Wait(), .Result, a lock or Thread.Sleep do, or computes without an end; {loop.Pending.Describe()}");
}
