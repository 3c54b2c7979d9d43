namespace Sockeye.Clustering;

/// <summary>The behavior of a cluster when the queue to another node, or to the server that routes, is full.</summary>
/// <remarks>Members on this node are not affected. The node that misses messages detects it by their numbers.</remarks>
public enum SlowNodePolicy
{
    /// <summary>The node misses the message.</summary>
    Drop,

    /// <summary>The queue is emptied, so that the node misses all that waited, and continues with the newest messages.</summary>
    Disconnect,

    /// <summary><c>BroadcastAsync</c> waits for room. Calls that cannot wait drop the message.</summary>
    Wait,
}
