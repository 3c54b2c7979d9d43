using Sockeye.Linux;

namespace Sockeye.Kestrel.Tests.Support;

/// <summary>Every engine that this system can have.</summary>
public sealed class EachEngine : TheoryData<LinuxEngine>
{
    public static readonly LinuxEngine[] All = OperatingSystem.IsLinux()
        ? [LinuxEngine.Epoll, LinuxEngine.IoUring, LinuxEngine.Sockets]
        : [LinuxEngine.Sockets];

    public EachEngine() => AddRange(All);
}

/// <summary>What Kestrel runs on: every engine, with handlers on the thread pool and inline.</summary>
public sealed class EachTransport : TheoryData<LinuxEngine, bool>
{
    public EachTransport()
    {
        foreach (var engine in EachEngine.All)
        {
            Add(engine, false);
            Add(engine, true);
        }
    }
}
