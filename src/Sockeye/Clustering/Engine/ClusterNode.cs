using System.Globalization;

namespace Sockeye.Clustering;

/// <summary>One run of a node: the name that its options give it, and a number that no other run has.</summary>
/// <remarks>A node that restarts is another <see cref="ClusterNode"/> with the same name.</remarks>
/// <param name="Name">The name of the node.</param>
/// <param name="Incarnation">A random number, chosen when the node starts.</param>
public sealed record ClusterNode(string Name, ulong Incarnation)
{
    /// <summary>Returns the name and the incarnation in hexadecimal digits: <c>n1~5f3a09c2d4e6b871</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}~{Incarnation:x16}");
}
