using Sockeye.Clustering.Tests.Support;
using Sockeye.Orleans;

namespace Sockeye.Clustering.Tests.Orleans;

/// <summary>Silos for all tests that need no others: starting one takes longer than most tests. The table of the silos is in the
/// memory of the first.</summary>
[CollectionDefinition(nameof(LocalSilos))]
public sealed class LocalSilos() : SharedSilos(4), ICollectionFixture<LocalSilos>
{
    /// <summary>Creates a world whose nodes, n0 to n3, are each on another silo.</summary>
    internal async Task<RealTimeWorld> CreateWorldAsync()
    {
        var silos = await GetAsync();
        return new(name => new OrleansClusterEngine(silos[name[1] - '0'].Services));
    }

    private protected override Task<TestSilo> StartOneAsync(TestSilo? first) => TestSilo.StartLocalAsync(first);
}
