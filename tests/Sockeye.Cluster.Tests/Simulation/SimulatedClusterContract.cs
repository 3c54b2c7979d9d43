using Sockeye.Clustering.Tests.Contract;
using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>Clusters on simulated hosts.</summary>
public sealed class SimulatedClusterContract : ClusterContract
{
    private protected override Task RunAsync(Func<ClusterWorld, Task> test)
    {
        SimulatedWorld.Run(test);
        return Task.CompletedTask;
    }
}
