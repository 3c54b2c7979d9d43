using Sockeye.Linux;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>Every engine of the Linux transport: the one list that its tests run over.</summary>
public sealed class EachEngine : TheoryData<LinuxEngine>
{
    public static readonly LinuxEngine[] All = [LinuxEngine.Epoll, LinuxEngine.IoUring];

    public EachEngine() => AddRange(All);
}

/// <summary>Every engine, with handlers on the thread pool and inline.</summary>
public sealed class EachEngineAndScheduling : TheoryData<LinuxEngine, bool>
{
    public EachEngineAndScheduling()
    {
        foreach (var engine in EachEngine.All)
        {
            Add(engine, false);
            Add(engine, true);
        }
    }
}
