using System.Net;

namespace Sockeye.Testing;

/// <summary>A segment on the simulated wire, as rules see it. Rules also see each retransmission.</summary>
/// <param name="Source">The address and port it comes from.</param>
/// <param name="Destination">The address and port it goes to.</param>
/// <param name="Data">Its bytes, valid during the call.</param>
/// <param name="Control">Its control bits.</param>
public readonly record struct SimulatedSegment(
    IPEndPoint Source, IPEndPoint Destination, ReadOnlyMemory<byte> Data, SegmentControl Control);
