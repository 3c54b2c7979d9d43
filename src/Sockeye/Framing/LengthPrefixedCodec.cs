using System.Buffers;
using System.Buffers.Binary;

namespace Sockeye;

/// <summary>Frames that start with their length, in a field of fixed size.</summary>
/// <remarks>
/// <code>
///  +------------+-----------------+-----------+----------------------+
///  | [before]   | length: 1,2,4,8 | [after]   | body                 |
///  +------------+-----------------+-----------+----------------------+
///                                             |&lt;- message ----------&gt;|   no extra header bytes
///  |&lt;- message -------------------------------------------------------&gt;|   with extra header bytes
/// </code>
/// See <see cref="LengthPrefixOptions"/> for what the length counts, and for protocols of this form.
/// </remarks>
internal sealed class LengthPrefixedCodec : FrameCodec
{
    private readonly int _maxLength;
    private readonly int _lengthSize;
    private readonly bool _isLittleEndian;
    private readonly int _lengthOffset;
    private readonly int _headerSize;
    private readonly int _uncountedSize;
    private readonly int _strippedSize;

    public LengthPrefixedCodec(int maxLength, LengthPrefixOptions options)
    {
        _maxLength = FrameBytes.CheckMaxLength(maxLength);
        (_lengthSize, _isLittleEndian, _lengthOffset) = (options.LengthSize, options.LittleEndian, options.BytesBeforeLength);
        _headerSize = _lengthOffset + _lengthSize + options.BytesAfterLength;
        _uncountedSize = options.Counts switch
        {
            LengthCounts.Body => _headerSize,
            LengthCounts.FromLengthField => _lengthOffset,
            _ => 0,
        };
        _strippedSize = _headerSize == _lengthSize ? _lengthSize : 0;

        if (_strippedSize == 0)
            OptionChecks.AtLeast(maxLength, _headerSize, nameof(maxLength));
        var greatest = _lengthSize == 8 ? ulong.MaxValue : (1UL << (8 * _lengthSize)) - 1;
        if (ToLengthField(maxLength) > greatest)
        {
            throw new ArgumentOutOfRangeException(
                nameof(maxLength),
                maxLength,
                $"A length field of {_lengthSize} byte(s) counts to {greatest}, which is less than this maximum.");
        }
    }

    public override string ToString() =>
        $"Codec.LengthPrefixed(maxLength: {_maxLength}, " +
        $"{_lengthSize} byte{(_lengthSize > 1 ? _isLittleEndian ? "s little endian" : "s" : "")})";

    internal override bool TryReadFrame(ref ReadOnlySequence<byte> input, out ReadOnlySequence<byte> payload)
    {
        payload = default;
        if (input.Length < _lengthOffset + _lengthSize)
            return false;

        var length = ReadLength(input.Slice(_lengthOffset, _lengthSize));
        if (length < (ulong)(_headerSize - _uncountedSize))
        {
            throw FrameException.Malformed(
                this,
                $"the length field says {length}, less than the {_headerSize - _uncountedSize} header bytes that it counts");
        }

        if (length > ToLengthField(_maxLength))
        {
            throw FrameException.TooLong(
                this,
                $"the length field has {length}, and the maximum is {ToLengthField(_maxLength)}, for {_maxLength} bytes");
        }

        var frame = _uncountedSize + (long)length;
        if (input.Length < frame)
            return false;
        payload = input.Slice(_strippedSize, frame - _strippedSize);
        input = input.Slice(frame);
        return true;
    }

    internal override void WriteFrame(in ReadOnlySequence<byte> payload, IBufferWriter<byte> output)
    {
        FrameBytes.ThrowIfTooLong(this, payload.Length, _maxLength);
        if (_strippedSize == 0 && payload.Length < _headerSize)
        {
            throw FrameException.Malformed(
                this, $"a message of {payload.Length} bytes lacks header bytes: with extra header bytes, a message is the whole "
                + $"frame, and its first {_headerSize} bytes are the header");
        }

        output.Write(payload.Slice(0, _lengthOffset));
        WriteLength(output.GetSpan(_lengthSize), ToLengthField(payload.Length));
        output.Advance(_lengthSize);
        output.Write(_strippedSize == 0 ? payload.Slice(_lengthOffset + _lengthSize) : payload);
    }

    /// <summary>Returns the value of the length field for a message of the given size.</summary>
    private ulong ToLengthField(long message) => (ulong)(message + _strippedSize - _uncountedSize);

    private ulong ReadLength(in ReadOnlySequence<byte> field)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        // A shorter number is a 64-bit one with zeros in its high bytes.
        field.CopyTo(_isLittleEndian ? bytes : bytes[(8 - _lengthSize)..]);
        return _isLittleEndian ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    private void WriteLength(Span<byte> field, ulong length)
    {
        Span<byte> bytes = stackalloc byte[8];
        if (_isLittleEndian)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        else
            BinaryPrimitives.WriteUInt64BigEndian(bytes, length);
        (_isLittleEndian ? bytes[.._lengthSize] : bytes[(8 - _lengthSize)..]).CopyTo(field);
    }
}
