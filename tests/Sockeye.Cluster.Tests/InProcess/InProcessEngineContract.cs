using Sockeye.Clustering.Tests.Contract;

namespace Sockeye.Clustering.Tests.InProcess;

/// <summary>The engine of one process.</summary>
public sealed class InProcessEngineContract : ClusterEngineContract
{
    private readonly InProcessBus _bus = new();

    protected override IClusterEngine CreateEngine(int index) => _bus.CreateEngine();
}
