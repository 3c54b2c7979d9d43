using Sockeye.Clustering.Tests.Contract;
using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Clustering.Tests.InProcess;

/// <summary>Addressed messages and presence in one process.</summary>
public sealed class InProcessPresenceContract : PresenceContract
{
    private protected override async Task RunAsync(Func<ClusterWorld, Task> test)
    {
        var bus = new InProcessBus();
        await using var world = new RealTimeWorld(_ => bus.CreateEngine());
        await test(world);
    }
}
