using System.Net;

namespace Sockeye;

/// <summary>What a reload did: bound addresses, with their real ports.</summary>
public sealed class ReloadResult
{
    internal ReloadResult(IReadOnlyList<EndPoint> added, IReadOnlyList<EndPoint> kept, IReadOnlyList<EndPoint> removed) =>
        (Added, Kept, Removed) = (added, kept, removed);

    /// <summary>Listened on since now.</summary>
    public IReadOnlyList<EndPoint> Added { get; }

    /// <summary>Listened on by the same socket as before.</summary>
    public IReadOnlyList<EndPoint> Kept { get; }

    /// <summary>The endpoints that the server no longer listens on.</summary>
    public IReadOnlyList<EndPoint> Removed { get; }

    /// <summary>Their numbers in words.</summary>
    public override string ToString() => $"{Added.Count} added, {Kept.Count} kept, {Removed.Count} removed";
}
