using System.Net;

namespace Sockeye.Testing;

/// <summary>The control bits of a segment (RFC 9293, section 3.1).</summary>
[Flags]
public enum SegmentControl
{
    /// <summary>Only data.</summary>
    None = 0,

    /// <summary>Opens a connection.</summary>
    Syn = 1,

    /// <summary>Acknowledges what was received.</summary>
    Ack = 2,

    /// <summary>Ends one direction.</summary>
    Fin = 4,

    /// <summary>Ends both directions at once.</summary>
    Rst = 8,
}

/// <summary>What goes over the simulated wire, as rules see it. A segment that is sent again is seen again.</summary>
/// <param name="Source">Where it comes from.</param>
/// <param name="Destination">Where it goes to.</param>
/// <param name="Data">Its bytes, valid during the call.</param>
/// <param name="Control">What it says besides.</param>
public readonly record struct SimulatedSegment(
    IPEndPoint Source, IPEndPoint Destination, ReadOnlyMemory<byte> Data, SegmentControl Control);
