namespace Sockeye.Orleans;

/// <summary>The nodes that subscribe to a topic, as its grain knows them at one moment.</summary>
/// <param name="Era">The activation of the grain.</param>
/// <param name="Version">The number of changes that the activation has seen.</param>
/// <param name="Nodes">The nodes.</param>
[GenerateSerializer, Immutable, Alias("sockeye.routes")]
internal sealed record RouteList(TopicEra Era, long Version, NodeIdentity[] Nodes);
