using Orleans.Services;

namespace Sockeye.Orleans;

/// <summary>The receiver of the calls of other nodes, one on each silo. The first argument of each method is the name of the
/// cluster, since one silo may have an engine for each of several clusters.</summary>
[Alias("sockeye.nodes")]
internal interface IClusterNodeService : IGrainService
{
    /// <summary>Exchanges the identities of two nodes. Returns null if the silo has no engine for the cluster.</summary>
    [Alias("introduce")]
    Task<NodeIdentity?> IntroduceAsync(string cluster, NodeIdentity caller);

    /// <summary>Delivers frames of one node.</summary>
    /// <param name="cluster">The name of the cluster.</param>
    /// <param name="sender">The node that sends.</param>
    /// <param name="receiverEpoch">The epoch of the node that is meant.</param>
    /// <param name="number">The number of the call, from 1 for each pair of nodes.</param>
    /// <param name="batch">The frames, as <see cref="FrameBatch"/> writes them.</param>
    /// <returns>False if the node that is meant no longer exists.</returns>
    [Alias("deliver")]
    Task<bool> DeliverAsync(
        string cluster, NodeIdentity sender, int receiverEpoch, long number, [Immutable] ReadOnlyMemory<byte> batch);

    /// <summary>Reports that a node has ended in order.</summary>
    [Alias("leave")]
    Task LeaveAsync(string cluster, NodeIdentity node);

    /// <summary>Replaces the list of a topic that the node keeps.</summary>
    /// <returns>False if the node no longer keeps it.</returns>
    [Alias("update-routes")]
    Task<bool> UpdateRoutesAsync(string cluster, PublisherTicket publisher, string topic, RouteList routes);

    /// <summary>Reports that the activation of a topic's grain has ended and its state is lost.</summary>
    [Alias("renew-topic")]
    Task RenewTopicAsync(string cluster, string topic, TopicEra lost);

    /// <summary>Returns those of the topics that the silo hosts no longer, or hosts with another list.</summary>
    [Alias("find-stale")]
    Task<string[]> FindStaleAsync(string cluster, [Immutable] KnownTopic[] topics);
}
