namespace Sockeye.Linux;

/// <summary>Starts the threads of an engine.</summary>
internal static class EngineStarter
{
    /// <summary>Returns the default number of threads. Handlers beside them also need processors.</summary>
    public static int GetDefaultThreadCount(bool runsInline) =>
        runsInline ? Environment.ProcessorCount : Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Starts all of the threads, or none.</summary>
    /// <exception cref="EngineException">The kernel refuses io_uring, or does not have enough memory for the rings.</exception>
    public static EngineGroup Start(EngineSetup setup, RingSettings rings, int threadCount, bool reusesPort)
    {
        List<EngineThread> threads = [];
        try
        {
            for (var index = 0; index < threadCount; index++)
            {
                EngineThread thread = setup.Engine is LinuxEngine.IoUring
                    ? new RingThread(setup, rings, index)
                    : new EpollThread(setup, index);
                thread.Start();
                threads.Add(thread);
            }

            return new(setup, reusesPort, threads);
        }
        catch
        {
            foreach (var thread in threads)
                thread.Stop();
            throw;
        }
    }
}
