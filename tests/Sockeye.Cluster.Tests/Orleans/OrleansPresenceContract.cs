using Sockeye.Clustering.Tests.Contract;
using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Clustering.Tests.Orleans;

/// <summary>Addressed messages and presence on Orleans, each node on another silo.</summary>
[Collection(nameof(LocalSilos))]
public sealed class OrleansPresenceContract(LocalSilos silos) : PresenceContract
{
    private protected override async Task RunAsync(Func<ClusterWorld, Task> test)
    {
        await using var world = await silos.CreateWorldAsync();
        await test(world);
    }
}
