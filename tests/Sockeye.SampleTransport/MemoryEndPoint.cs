using System.Net;

namespace Sockeye.SampleTransport;

/// <summary>A name within one <see cref="MemoryTransport"/>.</summary>
public sealed class MemoryEndPoint(string name) : EndPoint
{
    public string Name => name;

    public override bool Equals(object? obj) => obj is MemoryEndPoint other && other.Name == Name;

    public override int GetHashCode() => string.GetHashCode(Name, StringComparison.Ordinal);

    public override string ToString() => $"memory:{Name}";
}
