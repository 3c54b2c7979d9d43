using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Sockeye.Clustering;

/// <summary>The id of a connection in a cluster: its id on its node, and the node, so that no directory is needed to find it.
/// </summary>
/// <remarks>
/// <code>
///  0HNGS1O4B9J2K@n1~5f3a09c2d4e6b871
/// </code>
/// </remarks>
internal static class ConnectionIds
{
    public static string Format(string localId, ClusterNode node) => $"{localId}@{node}";

    /// <exception cref="ArgumentException">The text is not an id of a connection.</exception>
    public static (string LocalId, ClusterNode Node) Parse(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return TryParse(id, out var localId, out var node)
            ? (localId, node)
            : throw new ArgumentException(
                $"\"{id}\" is not an id of a connection in a cluster, such as 0HNGS1O4B9J2K@n1~5f3a09c2d4e6b871: pass what "
                + "Cluster.Register has returned.",
                nameof(id));
    }

    private static bool TryParse(string id, [NotNullWhen(true)] out string? localId, [NotNullWhen(true)] out ClusterNode? node)
    {
        (localId, node) = (null, null);
        var at = id.LastIndexOf('@');
        var tilde = id.LastIndexOf('~');
        if (at < 1 || tilde < at + 2
            || !ulong.TryParse(id.AsSpan(tilde + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var run))
        {
            return false;
        }

        (localId, node) = (id[..at], new(id[(at + 1)..tilde], run));
        return true;
    }
}
