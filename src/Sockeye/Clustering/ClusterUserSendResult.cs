using Sockeye.Clustering;

namespace Sockeye;

/// <summary>The fate of a message for all connections of a user, or of a request to end them.</summary>
/// <param name="Connections">The number of connections for which it was queued, or that were ended.</param>
/// <param name="Failed">The number of connections that have refused it, or whose queue is full.</param>
/// <param name="NodesWithoutAnswer">The nodes that may have connections of the user, and have not answered.</param>
public sealed record ClusterUserSendResult(int Connections, int Failed, IReadOnlyList<ClusterNode> NodesWithoutAnswer);
