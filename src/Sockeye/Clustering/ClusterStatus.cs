using Sockeye.Clustering;

namespace Sockeye;

/// <summary>The view and the content of a node of a cluster at one moment.</summary>
/// <param name="IsConnected">Whether the engine can send to and receive from other nodes.</param>
/// <param name="Detail">One line for people: the server that the engine is connected to, or the reason why it is not.</param>
/// <param name="OtherNodes">The other nodes that are up.</param>
/// <param name="Counts">The content of this node.</param>
/// <param name="Queues">The frames that wait for other nodes.</param>
public sealed record ClusterStatus(
    bool IsConnected,
    string Detail,
    IReadOnlyList<ClusterNode> OtherNodes,
    ClusterNodeCounts Counts,
    ClusterEngineQueues Queues);

/// <summary>The content of one node of a cluster.</summary>
/// <param name="Connections">The number of connections that can be addressed, members of groups included.</param>
/// <param name="Groups">The number of groups that are in use, or were a moment ago.</param>
/// <param name="MissedMessages">The number of messages of other nodes that groups have missed since the start.</param>
/// <param name="Uptime">The time since the node has started.</param>
public readonly record struct ClusterNodeCounts(int Connections, int Groups, long MissedMessages, TimeSpan Uptime);

/// <summary>A node, as the fleet reports it.</summary>
/// <param name="Node">The node.</param>
/// <param name="Counts">Its content; null if it has not answered in <see cref="ClusterOptions.SendTimeout"/>.</param>
public sealed record ClusterNodeStatus(ClusterNode Node, ClusterNodeCounts? Counts);
