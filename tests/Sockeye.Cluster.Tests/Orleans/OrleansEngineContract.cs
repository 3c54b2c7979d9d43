using Sockeye.Clustering.Tests.Contract;
using Sockeye.Orleans;

namespace Sockeye.Clustering.Tests.Orleans;

/// <summary>Each node on another silo. The table of the silos is in the memory of the first.</summary>
[Collection(nameof(LocalSilos))]
public sealed class OrleansEngineContract(LocalSilos shared) : ClusterEngineContract
{
    private IReadOnlyList<TestSilo> _silos = [];

    public override async ValueTask InitializeAsync() => _silos = await shared.GetAsync();

    protected override IClusterEngine CreateEngine(int index) => new OrleansClusterEngine(_silos[index % _silos.Count].Services);
}
