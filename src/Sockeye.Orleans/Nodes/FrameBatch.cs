using System.Buffers;
using System.Buffers.Binary;

namespace Sockeye.Orleans;

/// <summary>Several frames in the bytes of one call.</summary>
/// <remarks>
/// <code>
/// ┌───────────────┬───────────────┬───────────┬───────────────┬──
/// │ length, 4 B   │ topic, 4 B    │ frame     │ length, 4 B   │ …
/// │ little-endian │ little-endian │ length B  │ little-endian │
/// └───────────────┴───────────────┴───────────┴───────────────┴──
/// </code>
/// The topic is a hash (<see cref="TopicHash.ComputeShort"/>), or 0 for a frame that is for the node itself. Two topics with one
/// hash do no harm: a frame of the one that is still on its way, after the node has ended its subscription, is then reported.
/// </remarks>
internal static class FrameBatch
{
    public const int HeaderSize = sizeof(int) + sizeof(uint);

    public static void Write(ArrayBufferWriter<byte> writer, uint topic, ReadOnlySpan<byte> frame)
    {
        var header = writer.GetSpan(HeaderSize);
        BinaryPrimitives.WriteInt32LittleEndian(header, frame.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[sizeof(int)..], topic);
        writer.Advance(HeaderSize);
        writer.Write(frame);
    }

    /// <summary>Takes the first frame of a batch.</summary>
    /// <returns>False if the batch is empty.</returns>
    /// <exception cref="InvalidDataException">The batch ends inside a frame.</exception>
    public static bool TryRead(ref ReadOnlyMemory<byte> batch, out uint topic, out ReadOnlyMemory<byte> frame)
    {
        (topic, frame) = (0, default);
        if (batch.IsEmpty)
            return false;
        if (batch.Length < HeaderSize)
            throw Broken(batch.Length);
        var length = BinaryPrimitives.ReadInt32LittleEndian(batch.Span);
        if (length < 0 || length > batch.Length - HeaderSize)
            throw Broken(batch.Length);
        topic = BinaryPrimitives.ReadUInt32LittleEndian(batch.Span[sizeof(int)..]);
        frame = batch.Slice(HeaderSize, length);
        batch = batch[(HeaderSize + length)..];
        return true;
    }

    private static InvalidDataException Broken(int rest) => new(
        $"A batch of frames ends inside a frame, {rest} bytes before its end: the sender has another version of Sockeye.");
}
