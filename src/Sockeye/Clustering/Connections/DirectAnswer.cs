namespace Sockeye.Clustering;

/// <summary>The answer of a node to an addressed message or an abort.</summary>
/// <param name="Result">The fate of it.</param>
/// <param name="Done">The number of connections of a user that it was done for.</param>
/// <param name="Failed">The number of connections of a user that it failed for.</param>
internal readonly record struct DirectAnswer(ClusterSendResult Result, int Done, int Failed);
