using Sockeye.Clustering;

namespace Sockeye;

/// <summary>The number of members on all nodes.</summary>
/// <param name="Count">The number of members on the nodes that have answered.</param>
/// <param name="NodesWithoutAnswer">The nodes that have not answered in <see cref="ClusterOptions.SendTimeout"/>.</param>
public sealed record PresenceCount(long Count, IReadOnlyList<ClusterNode> NodesWithoutAnswer)
{
    /// <summary>Gets whether all nodes that are up have answered.</summary>
    public bool IsComplete => NodesWithoutAnswer.Count == 0;
}
