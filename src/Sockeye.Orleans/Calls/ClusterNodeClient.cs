using Orleans.Runtime.Services;

namespace Sockeye.Orleans;

/// <summary>Finds the receiver of calls on a silo by the address of the silo.</summary>
internal sealed class ClusterNodeClient(IServiceProvider services) : GrainServiceClient<IClusterNodeService>(services)
{
    public IClusterNodeService On(SiloAddress silo) => GetGrainService(silo);
}
