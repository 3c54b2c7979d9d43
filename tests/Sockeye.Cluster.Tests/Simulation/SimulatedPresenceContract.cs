using Sockeye.Clustering.Tests.Contract;
using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>Addressed messages and presence on simulated hosts.</summary>
public sealed class SimulatedPresenceContract : PresenceContract
{
    private protected override Task RunAsync(Func<ClusterWorld, Task> test)
    {
        SimulatedWorld.Run(test);
        return Task.CompletedTask;
    }
}
