namespace Sockeye.Orleans;

/// <summary>One activation of a topic's grain. What a grain knows is lost with its activation.</summary>
/// <param name="Host">The silo of the activation.</param>
/// <param name="Number">The number of topics that the silo had activated before.</param>
[GenerateSerializer, Immutable, Alias("sockeye.topic-era")]
internal sealed record TopicEra(SiloAddress Host, long Number);
