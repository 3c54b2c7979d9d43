namespace Sockeye.Orleans;

/// <summary>A node that keeps the list of a topic, and the number of its request. A late withdrawal of an earlier request does
/// not end a later one.</summary>
/// <param name="Node">The node.</param>
/// <param name="Number">The number of the request, which grows with each request of the node.</param>
[GenerateSerializer, Immutable, Alias("sockeye.publisher")]
internal sealed record PublisherTicket(NodeIdentity Node, long Number);
