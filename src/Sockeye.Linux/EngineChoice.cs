namespace Sockeye.Linux;

/// <summary>Which engine runs here, and why.</summary>
internal static class EngineChoice
{
    /// <summary>The environment variable that decides where the options leave it open.</summary>
    public const string Variable = "SOCKEYE_ENGINE";

    public static (LinuxEngine Engine, string Reason) Make(LinuxEngine wanted)
    {
        if (!OperatingSystem.IsLinux())
            return (LinuxEngine.Sockets, "this is not Linux");
        return wanted is LinuxEngine.Auto ? (LinuxEngine.Epoll, "the default") : (wanted, "asked for");
    }

    public static EngineGroup Start(EngineSetup setup, int? threadCount, bool reusesPort)
    {
        var count = threadCount
            ?? (setup.RunsInline ? Environment.ProcessorCount : Math.Max(1, Environment.ProcessorCount / 2));
        return new(setup, reusesPort, [.. Enumerable.Range(0, count).Select(index => NewThread(setup, index))]);
    }

    private static EngineThread NewThread(EngineSetup setup, int index) =>
        setup.Engine is LinuxEngine.IoUring ? new RingThread(setup, index) : new EpollThread(setup, index);
}
