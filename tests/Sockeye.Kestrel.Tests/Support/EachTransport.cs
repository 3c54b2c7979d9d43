using Sockeye.Linux;

namespace Sockeye.Kestrel.Tests.Support;

/// <summary>What Kestrel runs on: every engine, with handlers on the thread pool and inline.</summary>
public sealed class EachTransport : TheoryData<LinuxEngine, bool>
{
    public EachTransport()
    {
        foreach (var engine in (LinuxEngine[])[LinuxEngine.Epoll, LinuxEngine.IoUring, LinuxEngine.Sockets])
        {
            Add(engine, false);
            Add(engine, true);
        }
    }
}
