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
        return wanted is LinuxEngine.Sockets ? (wanted, "asked for") : (LinuxEngine.Epoll, "asked for");
    }

    public static EngineGroup Start(EngineSetup setup, int? threadCount, bool reusesPort)
    {
        var count = threadCount
            ?? (setup.RunsInline ? Environment.ProcessorCount : Math.Max(1, Environment.ProcessorCount / 2));
        return new(setup, reusesPort, [.. Enumerable.Range(0, count).Select(index => new EpollThread(setup, index))]);
    }
}
