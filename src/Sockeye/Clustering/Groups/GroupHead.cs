namespace Sockeye.Clustering;

/// <summary>The last message that a node has sent to a group.</summary>
/// <param name="Series">The series of numbers.</param>
/// <param name="Before">In an answer: the last number at the beat that the request names.</param>
/// <param name="Last">The last number.</param>
internal readonly record struct GroupHead(uint Series, ulong Before, ulong Last);
