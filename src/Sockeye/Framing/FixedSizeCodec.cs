using System.Buffers;

namespace Sockeye;

/// <summary>Frames of one size.</summary>
/// <remarks>
/// <code>
///  +----------------+----------------+----
///  | payload: size  | payload: size  | …
///  +----------------+----------------+----
/// </code>
/// </remarks>
internal sealed class FixedSizeCodec(int size) : FrameCodec
{
    private readonly int _size = FrameBytes.CheckMaxLength(size);

    public override string ToString() => $"Codec.FixedSize({_size})";

    internal override bool TryReadFrame(ref ReadOnlySequence<byte> input, out ReadOnlySequence<byte> payload)
    {
        if (input.Length < _size)
        {
            payload = default;
            return false;
        }

        payload = input.Slice(0, _size);
        input = input.Slice(_size);
        return true;
    }

    internal override void WriteFrame(in ReadOnlySequence<byte> payload, IBufferWriter<byte> output)
    {
        FrameBytes.ThrowIfTooLong(this, payload.Length, _size);
        if (payload.Length < _size)
            throw FrameException.Malformed(this, $"a message of {payload.Length} bytes is shorter than {_size}: pad it");
        output.Write(payload);
    }
}
