namespace Sockeye.Linux;

/// <summary>Makes the threads of an engine.</summary>
internal static class EngineStart
{
    /// <summary>How many threads there are without a number in the options: handlers on the thread pool need processors,
    /// too.</summary>
    public static int DefaultThreadCount(bool runsInline) =>
        runsInline ? Environment.ProcessorCount : Math.Max(1, Environment.ProcessorCount / 2);

    public static EngineGroup Run(EngineSetup setup, int threadCount, bool reusesPort) =>
        new(setup, reusesPort, [.. Enumerable.Range(0, threadCount).Select(index => NewThread(setup, index))]);

    private static EngineThread NewThread(EngineSetup setup, int index) =>
        setup.Engine is LinuxEngine.IoUring ? new RingThread(setup, index) : new EpollThread(setup, index);
}
