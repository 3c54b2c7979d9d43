namespace Sockeye.Clustering;

/// <summary>A type of message that a cluster carries.</summary>
/// <param name="Type">The type in code.</param>
/// <param name="Name">Its name between nodes.</param>
/// <param name="Codec">The <see cref="Codec{TMessage}"/> for it.</param>
internal sealed record ClusterMessageType(Type Type, string Name, object Codec);
