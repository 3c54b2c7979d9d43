namespace Sockeye.Clustering;

/// <summary>Carries frames between the nodes of a cluster: a message broker, or membership and calls of a framework.</summary>
/// <remarks>
/// A frame arrives whole, at most once, or not at all. Frames of one node for one topic, and frames of one node for another
/// node, arrive in the order in which they were sent. The engine reports what it knows to be lost
/// (<see cref="IClusterEngineEvents.OnLoss"/>); the cluster numbers its messages and detects the rest.
/// <para>The cluster calls <see cref="StartAsync"/> once, first. All other members may be called from any thread, at the same
/// time, and also while the engine has no connection.</para>
/// <para>The cluster calls members under its locks: except <see cref="StartAsync"/>, none of them calls
/// <see cref="IClusterEngineEvents"/> before it returns.</para>
/// <para>Disposing sends the frames that wait, for at most a second, and ends the engine. Other members have no effect
/// afterwards.</para>
/// </remarks>
public interface IClusterEngine : IAsyncDisposable
{
    /// <summary>Gets the name of the engine for logs and metrics, such as "nats".</summary>
    string Name { get; }

    /// <summary>Gets whether the engine reports which nodes exist. If false, each node announces itself, and the cluster
    /// concludes from its silence that it is gone.</summary>
    bool HasMembership { get; }

    /// <summary>Starts the engine. It does not wait for a server that is away: the engine reports when it is connected.</summary>
    /// <param name="context">The node, the limits, and the receiver of frames.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="InvalidOperationException">The engine is configured wrongly; the message says what to change.</exception>
    Task StartAsync(ClusterEngineContext context, CancellationToken cancellationToken);

    /// <summary>Asks for the frames that other nodes publish to a topic. Completes when the engine routes them to this node, as
    /// far as it can know. While the engine has no connection, it completes after the next one has taken up all
    /// subscriptions.</summary>
    /// <param name="topic">The topic: any text of 1 to 512 bytes of UTF-8.</param>
    /// <param name="cancellationToken">Cancels the wait, not the subscription.</param>
    Task SubscribeAsync(string topic, CancellationToken cancellationToken);

    /// <summary>Ends a subscription. Frames that are on their way may still arrive.</summary>
    /// <param name="topic">The topic.</param>
    void Unsubscribe(string topic);

    /// <summary>Queues a frame for every other node that has subscribed to a topic, one for each. Does not wait.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="frame">The frame, which the engine copies.</param>
    /// <returns>False if the frame is lost for at least one node because a queue is full.</returns>
    bool TryPublish(string topic, ReadOnlySpan<byte> frame);

    /// <summary>Queues a frame for one other node. Does not wait.</summary>
    /// <param name="node">The node. A frame for a node that no longer exists is lost.</param>
    /// <param name="frame">The frame, which the engine copies.</param>
    /// <returns>False if the frame is lost because the queue is full.</returns>
    bool TrySend(ClusterNode node, ReadOnlySpan<byte> frame);

    /// <summary>Queues a frame for every other node. Does not wait.</summary>
    /// <param name="frame">The frame, which the engine copies.</param>
    /// <returns>False if the frame is lost for at least one node because a queue is full.</returns>
    bool TryAnnounce(ReadOnlySpan<byte> frame);

    /// <summary>Completes when every queue that a frame for the topic passes has room again, or the engine is disposed.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask WaitForSpaceAsync(string topic, CancellationToken cancellationToken);

    /// <summary>Returns what the queues of the engine hold.</summary>
    ClusterEngineQueues GetQueues();
}
