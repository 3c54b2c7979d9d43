using Sockeye.Clustering;

namespace Sockeye;

/// <summary>A change of the nodes that a node sees.</summary>
/// <param name="Node">The node.</param>
/// <param name="Kind">The kind of change.</param>
public readonly record struct ClusterNodeChange(ClusterNode Node, ClusterNodeChangeKind Kind);

/// <summary>The kind of a <see cref="ClusterNodeChange"/>.</summary>
public enum ClusterNodeChangeKind
{
    /// <summary>The node has started, or this node has, and now sees it.</summary>
    Joined,

    /// <summary>The node has stopped in order.</summary>
    Left,

    /// <summary>The node has crashed, or is cut off: nothing was heard of it for
    /// <see cref="ClusterOptions.NodeTimeout"/>, or the engine reports it.</summary>
    Lost,

    /// <summary>A node that was lost is heard again, and has not restarted: it was cut off. Messages of it are missing, which
    /// the groups report as gaps, or have sent again. After 10 minutes, the node counts as another one.</summary>
    Returned,
}
