using System.Net;

namespace Sockeye;

/// <summary>The endpoints that a reload added, kept and removed: bound addresses, with their actual ports.</summary>
public sealed class ReloadResult
{
    internal ReloadResult(IReadOnlyList<EndPoint> added, IReadOnlyList<EndPoint> kept, IReadOnlyList<EndPoint> removed) =>
        (Added, Kept, Removed) = (added, kept, removed);

    /// <summary>Gets the endpoints that were bound.</summary>
    public IReadOnlyList<EndPoint> Added { get; }

    /// <summary>Gets the endpoints that kept their sockets.</summary>
    public IReadOnlyList<EndPoint> Kept { get; }

    /// <summary>Gets the endpoints that the server no longer listens on.</summary>
    public IReadOnlyList<EndPoint> Removed { get; }

    /// <summary>Returns the three numbers as text.</summary>
    public override string ToString() => $"{Added.Count} added, {Kept.Count} kept, {Removed.Count} removed";
}
