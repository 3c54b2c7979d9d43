using System.Buffers;
using System.Buffers.Binary;

namespace Sockeye.Takeover.Node;

/// <summary>A typed message of 16 bytes.</summary>
/// <param name="Number">The number of the request.</param>
/// <param name="Count">In a response, the number of requests of the connection until now; otherwise 0.</param>
internal sealed record Mark(long Number, long Count)
{
    private const int Size = 2 * sizeof(long);

    public static Codec<Mark> Codec { get; } = Sockeye.Codec.FixedSize(Size).WithMessages(Write, Read);

    private static void Write(Mark mark, IBufferWriter<byte> output)
    {
        var bytes = output.GetSpan(Size);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, mark.Number);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[sizeof(long)..], mark.Count);
        output.Advance(Size);
    }

    private static Mark Read(ReadOnlySequence<byte> payload)
    {
        Span<byte> bytes = stackalloc byte[Size];
        payload.CopyTo(bytes);
        return new(
            BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[sizeof(long)..]));
    }
}
