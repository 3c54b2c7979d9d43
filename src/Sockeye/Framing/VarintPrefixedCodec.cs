using System.Buffers;

namespace Sockeye;

/// <summary>Frames that start with their length as a base-128 varint.</summary>
/// <remarks>
/// <code>
///  +-------------------------+----------------------+
///  | length: 1 … 5 bytes     | payload              |
///  +-------------------------+----------------------+
///    1xxxxxxx … 0xxxxxxx       seven bits a byte, the least significant ones first;
///                              the high bit says that another byte follows
/// </code>
/// The format of protobuf's <c>writeDelimitedTo</c> (protobuf.dev, Encoding, "Base 128 Varints"), with lengths below 2^32. A
/// length in more bytes than needed is rejected, so that each frame has only one form.
/// </remarks>
internal sealed class VarintPrefixedCodec(int maxLength) : FrameCodec
{
    private const int MaxHeaderSize = 5;

    private readonly int _maxLength = FrameBytes.CheckMaxLength(maxLength);

    public override string ToString() => $"Codec.VarintPrefixed(maxLength: {_maxLength})";

    internal override bool TryReadFrame(ref ReadOnlySequence<byte> input, out ReadOnlySequence<byte> payload)
    {
        payload = default;
        if (!TryReadLength(input, out var length, out var headerSize))
            return false;
        if (length > (ulong)_maxLength)
            throw FrameException.TooLong(this, $"the length says {length} bytes, and the maximum is {_maxLength}");
        if (input.Length < headerSize + (long)length)
            return false;
        payload = input.Slice(headerSize, (long)length);
        input = input.Slice(headerSize + (long)length);
        return true;
    }

    internal override void WriteFrame(in ReadOnlySequence<byte> payload, IBufferWriter<byte> output)
    {
        FrameBytes.ThrowIfTooLong(this, payload.Length, _maxLength);
        var header = output.GetSpan(MaxHeaderSize);
        var size = 0;
        var rest = (uint)payload.Length;
        for (; rest > 0x7F; rest >>= 7)
            header[size++] = (byte)(rest | 0x80);
        header[size++] = (byte)rest;
        output.Advance(size);
        output.Write(payload);
    }

    private bool TryReadLength(in ReadOnlySequence<byte> input, out ulong length, out int headerSize)
    {
        (length, headerSize) = (0, 0);
        var reader = new SequenceReader<byte>(input);
        while (reader.TryRead(out var next))
        {
            length |= (ulong)(next & 0x7F) << (7 * headerSize);
            headerSize++;
            if (next == 0 && headerSize > 1)
                throw FrameException.Malformed(this, $"the length {length} takes {headerSize} bytes, more than it needs");
            if (next <= 0x7F && length <= uint.MaxValue)
                return true;
            if (headerSize == MaxHeaderSize)
                throw FrameException.Malformed(this, $"the length exceeds {MaxHeaderSize} bytes or 32 bits");
        }

        return false;
    }
}
