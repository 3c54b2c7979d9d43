namespace Sockeye;

/// <summary>The fate of a message for one connection.</summary>
public enum ClusterSendResult
{
    /// <summary>The node of the connection has queued the message for it.</summary>
    Queued,

    /// <summary>The node of the connection is up, and has no such connection: it has closed.</summary>
    NotFound,

    /// <summary>The node of the connection has stopped, has crashed, or is cut off. If it was lost while the call waited, the
    /// message may have been queued before.</summary>
    NodeGone,

    /// <summary>The queue of the connection, or the queue to its node, is full. The message was dropped.</summary>
    QueueFull,

    /// <summary>The connection does not write messages of this type, or its encoder rejects this one.</summary>
    Refused,

    /// <summary>The node has not answered in <see cref="ClusterOptions.SendTimeout"/>. The message may have been
    /// queued.</summary>
    NoAnswer,
}
