namespace Sockeye.Linux;

/// <summary>Starts the threads of an engine.</summary>
internal static class EngineStarter
{
    /// <summary>How many threads there are without a number in the options: handlers on the thread pool need processors,
    /// too.</summary>
    public static int GetDefaultThreadCount(bool runsInline) =>
        runsInline ? Environment.ProcessorCount : Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>All of the threads run, or none.</summary>
    /// <exception cref="EngineException">The kernel refuses io_uring, or has not enough memory for so many rings.</exception>
    public static EngineGroup Start(EngineSetup setup, int threadCount, bool reusesPort)
    {
        List<EngineThread> threads = [];
        try
        {
            for (var index = 0; index < threadCount; index++)
            {
                var thread = CreateThread(setup, index);
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

    private static EngineThread CreateThread(EngineSetup setup, int index) =>
        setup.Engine is LinuxEngine.IoUring ? new RingThread(setup, index) : new EpollThread(setup, index);
}
