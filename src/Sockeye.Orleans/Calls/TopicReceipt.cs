namespace Sockeye.Orleans;

/// <summary>The answer of a topic's grain to a subscription.</summary>
/// <param name="Era">The activation that holds the subscription.</param>
/// <param name="IsComplete">Whether all publishers that the grain knows have confirmed the new list. If false, the node asks
/// again.</param>
[GenerateSerializer, Immutable, Alias("sockeye.topic-receipt")]
internal sealed record TopicReceipt(TopicEra Era, bool IsComplete);
