using System.Buffers;

namespace Sockeye;

/// <summary>Frames in the form of netstrings.</summary>
/// <remarks>
/// <code>
///  +-------------------+-----+----------------------+-----+
///  | length: digits    | ':' | payload              | ',' |      "12:hello world!,"
///  +-------------------+-----+----------------------+-----+
/// </code>
/// ASCII digits without leading zeros; the empty netstring is "0:," (D. J. Bernstein, "Netstrings", 1997).
/// </remarks>
internal sealed class NetstringCodec(int maxLength) : FrameCodec
{
    private const int MaxHeaderSize = 11;

    private readonly int _maxLength = FrameBytes.CheckMaxLength(maxLength);

    public override string ToString() => $"Codec.Netstring(maxLength: {_maxLength})";

    internal override bool TryReadFrame(ref ReadOnlySequence<byte> input, out ReadOnlySequence<byte> payload)
    {
        payload = default;
        if (!TryReadLength(input, out var length, out var headerSize) || input.Length <= headerSize + length)
            return false;
        var end = input.Slice(headerSize + length, 1).FirstSpan[0];
        if (end != (byte)',')
            throw FrameException.Malformed(this, $"a netstring ends with a comma, but 0x{end:X2} follows its {length} bytes");
        payload = input.Slice(headerSize, length);
        input = input.Slice(headerSize + length + 1);
        return true;
    }

    internal override void WriteFrame(in ReadOnlySequence<byte> payload, IBufferWriter<byte> output)
    {
        FrameBytes.ThrowIfTooLong(this, payload.Length, _maxLength);
        var header = output.GetSpan(MaxHeaderSize);
        ((int)payload.Length).TryFormat(header, out var size);
        header[size++] = (byte)':';
        output.Advance(size);
        output.Write(payload);
        output.Write(","u8);
    }

    /// <summary>
    /// Reads the length. Throws at the first digit with which it exceeds the maximum, which bounds the size of the header.
    /// </summary>
    private bool TryReadLength(in ReadOnlySequence<byte> input, out long length, out int headerSize)
    {
        (length, headerSize) = (0, 0);
        var reader = new SequenceReader<byte>(input);
        while (reader.TryRead(out var next))
        {
            headerSize++;
            if (next == (byte)':' && headerSize > 1)
                return true;
            if (!char.IsAsciiDigit((char)next))
            {
                throw FrameException.Malformed(
                    this, $"a netstring starts with a length in digits and a colon, but 0x{next:X2} came");
            }

            if (headerSize > 1 && length == 0)
                throw FrameException.Malformed(this, "the length starts with a zero");
            length = (length * 10) + (next - '0');
            if (length > _maxLength)
                throw FrameException.TooLong(this, $"the length says {length} bytes or more, and the maximum is {_maxLength}");
        }

        return false;
    }
}
