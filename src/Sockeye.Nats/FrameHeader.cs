using System.Buffers;
using System.Buffers.Binary;

namespace Sockeye.Nats;

/// <summary>The bytes before each frame in a NATS message.</summary>
/// <remarks>
/// <code>
/// ┌─────────┬───────────────────────┬───────────────┬───────┐
/// │ version │ incarnation of sender │ link number   │ frame │
/// │ 1 byte  │ 8 bytes, big-endian   │ 4 bytes, b-e  │       │
/// └─────────┴───────────────────────┴───────────────┴───────┘
/// </code>
/// A link is one connection of a node to a server; the next one has the next number. A server that hung may deliver frames of an
/// earlier link later than those of a later one, and also to the node that sent them: the receiver recognizes both by the header.
/// </remarks>
internal readonly record struct FrameHeader(ulong Incarnation, uint Link)
{
    public const int Size = 13;

    private const byte Version = 1;

    public static bool TryRead(in ReadOnlySequence<byte> message, out FrameHeader header)
    {
        header = default;
        if (message.Length < Size)
            return false;
        Span<byte> bytes = stackalloc byte[Size];
        message.Slice(0, Size).CopyTo(bytes);
        if (bytes[0] != Version)
            return false;
        header = new(BinaryPrimitives.ReadUInt64BigEndian(bytes[1..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[9..]));
        return true;
    }

    public void Write(Span<byte> destination)
    {
        destination[0] = Version;
        BinaryPrimitives.WriteUInt64BigEndian(destination[1..], Incarnation);
        BinaryPrimitives.WriteUInt32BigEndian(destination[9..], Link);
    }
}
