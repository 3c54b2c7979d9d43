using System.Net;

namespace Sockeye.Testing;

/// <summary>A segment. Sequence numbers count from 0 in each direction and never wrap.</summary>
internal sealed record Segment(
    IPEndPoint Source, IPEndPoint Destination, SegmentControl Flags,
    long Sequence, long Acknowledged, int Window, ReadOnlyMemory<byte> Payload)
{
    public bool Has(SegmentControl flag) => (Flags & flag) != 0;

    public override string ToString()
    {
        var flags = $"{Flags}".Replace(", ", "+", StringComparison.Ordinal).ToUpperInvariant();
        var bytes = Payload.Length > 0 ? $"{Payload.Length} bytes at {Sequence}, " : "";
        return $"{flags} {bytes}acknowledges {Acknowledged}, window {Window}";
    }
}
