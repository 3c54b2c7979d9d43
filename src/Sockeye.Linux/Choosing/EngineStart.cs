namespace Sockeye.Linux;

/// <summary>Starts the threads of an engine.</summary>
internal static class EngineStart
{
    /// <summary>How many threads there are without a number in the options: handlers on the thread pool need processors,
    /// too.</summary>
    public static int DefaultThreadCount(bool runsInline) =>
        runsInline ? Environment.ProcessorCount : Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>All of the threads run, or none.</summary>
    /// <exception cref="RingException">The kernel refuses io_uring, or has not enough memory for so many rings.</exception>
    public static EngineGroup Run(EngineSetup setup, int threadCount, bool reusesPort)
    {
        List<EngineThread> threads = [];
        try
        {
            for (var index = 0; index < threadCount; index++)
            {
                var thread = NewThread(setup, index);
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

    private static EngineThread NewThread(EngineSetup setup, int index) =>
        setup.Engine is LinuxEngine.IoUring ? new RingThread(setup, index) : new EpollThread(setup, index);
}
