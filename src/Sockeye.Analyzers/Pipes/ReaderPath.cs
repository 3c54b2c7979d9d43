using Microsoft.CodeAnalysis;

namespace Sockeye.Analyzers;

/// <summary>The variable through which a body reaches a pipe reader, and the members from there: connection,
/// "Transport.Input".</summary>
internal readonly struct ReaderPath(ISymbol root, string members) : IEquatable<ReaderPath>
{
    public ISymbol Root { get; } = root;

    public string Members { get; } = members;

    public ReaderPath Append(string member) => new(Root, Members.Length == 0 ? member : $"{Members}.{member}");

    /// <summary>Whether the object at this path leads to the one at the other path.</summary>
    public bool LeadsTo(ReaderPath other) => Root.Is(other.Root)
        && (Members.Length == 0 || other.Members == Members
            || other.Members.StartsWith($"{Members}.", StringComparison.Ordinal));

    public bool Equals(ReaderPath other) =>
        Root.Is(other.Root) && Members == other.Members;

    public override bool Equals(object? obj) => obj is ReaderPath other && Equals(other);

    public override int GetHashCode() => SymbolEqualityComparer.Default.GetHashCode(Root) ^ Members.GetHashCode();

    public override string ToString() => Members.Length == 0 ? Root.Name : $"{Root.Name}.{Members}";
}
