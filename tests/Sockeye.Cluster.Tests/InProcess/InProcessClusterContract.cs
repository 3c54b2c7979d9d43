using Sockeye.Clustering.Tests.Contract;
using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Clustering.Tests.InProcess;

/// <summary>Clusters in one process.</summary>
public sealed class InProcessClusterContract : ClusterContract
{
    private protected override async Task RunAsync(Func<ClusterWorld, Task> test)
    {
        var bus = new InProcessBus();
        await using var world = new RealTimeWorld(_ => bus.CreateEngine());
        await test(world);
    }
}
