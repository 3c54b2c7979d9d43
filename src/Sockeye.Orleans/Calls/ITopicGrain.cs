namespace Sockeye.Orleans;

/// <summary>Knows which nodes subscribe to one topic of one cluster, and which nodes keep that list. Its key is the name of the
/// cluster, '/' and the topic. It is in memory only; no frame passes through it.</summary>
[Alias("sockeye.topic")]
internal interface ITopicGrain : IGrainWithStringKey
{
    /// <summary>Adds a node. The answer comes after the publishers have confirmed the change. May be repeated.</summary>
    [Alias("subscribe")]
    Task<TopicReceipt> SubscribeAsync(NodeIdentity node);

    [Alias("unsubscribe")]
    Task UnsubscribeAsync(NodeIdentity node);

    /// <summary>Returns the list, and sends each change of it to the publisher from then on.</summary>
    [Alias("routes")]
    Task<RouteList> GetRoutesAsync(PublisherTicket publisher);

    /// <summary>Ends what <see cref="GetRoutesAsync"/> began.</summary>
    [Alias("withdraw")]
    Task WithdrawAsync(PublisherTicket publisher);
}
