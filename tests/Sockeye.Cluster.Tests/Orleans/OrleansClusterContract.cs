using Sockeye.Clustering.Tests.Contract;
using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Clustering.Tests.Orleans;

/// <summary>Clusters on Orleans, each node on another silo.</summary>
[Collection(nameof(LocalSilos))]
public sealed class OrleansClusterContract(LocalSilos silos) : ClusterContract
{
    private protected override async Task RunAsync(Func<ClusterWorld, Task> test)
    {
        await using var world = await silos.CreateWorldAsync();
        await test(world);
    }
}
