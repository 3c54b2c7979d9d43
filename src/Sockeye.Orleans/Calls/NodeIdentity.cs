using Sockeye.Clustering;

namespace Sockeye.Orleans;

/// <summary>One run of a node, and its address.</summary>
/// <param name="Silo">The silo of the process. A process that restarts has another one.</param>
/// <param name="Epoch">The number of engines that the process had started when this one started. Of two runs on one silo, the
/// one with the higher number is the newer.</param>
/// <param name="Name">The name of the node.</param>
/// <param name="Incarnation">The incarnation of the node.</param>
[GenerateSerializer, Immutable, Alias("sockeye.node")]
internal sealed record NodeIdentity(SiloAddress Silo, int Epoch, string Name, ulong Incarnation)
{
    public ClusterNode ToNode() => new(Name, Incarnation);

    public override string ToString() => $"{ToNode()} on {Silo}";
}
