using Sockeye.Clustering;

namespace Sockeye;

/// <summary>A connection of a node of the cluster.</summary>
/// <param name="ConnectionId">The id of the connection in the cluster, for <see cref="Cluster.SendAsync"/>.</param>
/// <param name="User">The user, if the connection was registered with one.</param>
/// <param name="Node">The node that the connection ends on.</param>
public sealed record ClusterMember(string ConnectionId, string? User, ClusterNode Node);
