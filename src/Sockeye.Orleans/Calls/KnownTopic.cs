namespace Sockeye.Orleans;

/// <summary>The knowledge that a node has of a topic, for a comparison with the silo that hosts the topic's grain.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="EraNumber">The number of the activation that the node knows.</param>
/// <param name="Version">The version of the list that the node keeps, or null for a node that only subscribes.</param>
[GenerateSerializer, Immutable, Alias("sockeye.known-topic")]
internal readonly record struct KnownTopic(string Topic, long EraNumber, long? Version);
