using System.Buffers;
using System.Buffers.Binary;

namespace Sockeye;

/// <summary>Frames that begin with their length, in a field of fixed size.</summary>
/// <remarks>
/// <code>
///  +------------+-----------------+-----------+----------------------+
///  | [before]   | length: 1,2,4,8 | [after]   | body                 |
///  +------------+-----------------+-----------+----------------------+
///                                             |&lt;- message ----------&gt;|   no extra header bytes
///  |&lt;- message -------------------------------------------------------&gt;|   with extra header bytes
/// </code>
/// See <see cref="LengthPrefixOptions"/> for what the length counts, and protocols that look like this.
/// </remarks>
internal sealed class LengthPrefixedCodec : FrameCodec
{
    private readonly int _maxLength;
    private readonly int _size;
    private readonly bool _littleEndian;
    private readonly int _lengthAt;
    private readonly int _headerSize;
    private readonly int _uncounted;
    private readonly int _cut;

    public LengthPrefixedCodec(int maxLength, LengthPrefixOptions options)
    {
        _maxLength = FrameBytes.CheckMaxLength(maxLength);
        (_size, _littleEndian, _lengthAt) = (options.LengthSize, options.LittleEndian, options.BytesBeforeLength);
        _headerSize = _lengthAt + _size + options.BytesAfterLength;
        _uncounted = options.Counts switch
        {
            LengthCounts.Body => _headerSize,
            LengthCounts.FromLengthField => _lengthAt,
            _ => 0,
        };
        _cut = _headerSize == _size ? _size : 0;

        if (_cut == 0)
            ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, _headerSize);
        var greatest = _size == 8 ? ulong.MaxValue : (1UL << (8 * _size)) - 1;
        if (LengthOf(maxLength) > greatest)
        {
            throw new ArgumentOutOfRangeException(
                nameof(maxLength), maxLength, $"A length of {_size} byte(s) counts to {greatest}: too few for this maximum.");
        }
    }

    public override string ToString() =>
        $"Codec.LengthPrefixed(maxLength: {_maxLength}, " +
        $"{_size} byte{(_size > 1 ? _littleEndian ? "s little endian" : "s" : "")})";

    internal override bool TryReadFrame(ref ReadOnlySequence<byte> input, out ReadOnlySequence<byte> payload)
    {
        payload = default;
        if (input.Length < _lengthAt + _size)
            return false;

        var length = ReadLength(input.Slice(_lengthAt, _size));
        if (length < (ulong)(_headerSize - _uncounted))
        {
            throw FrameException.Malformed(
                this, $"the length field says {length}, less than the {_headerSize - _uncounted} header bytes that it counts");
        }

        if (length > LengthOf(_maxLength))
        {
            throw FrameException.TooLong(
                this,
                $"the length field says {length}, and {LengthOf(_maxLength)} is the most for a maximum of {_maxLength} bytes");
        }

        var frame = _uncounted + (long)length;
        if (input.Length < frame)
            return false;
        payload = input.Slice(_cut, frame - _cut);
        input = input.Slice(frame);
        return true;
    }

    internal override void WriteFrame(in ReadOnlySequence<byte> payload, IBufferWriter<byte> output)
    {
        FrameBytes.CheckLength(this, payload.Length, _maxLength);
        if (_cut == 0 && payload.Length < _headerSize)
        {
            throw FrameException.Malformed(
                this, $"a message of {payload.Length} bytes lacks header bytes: with extra header bytes it is the whole frame, "
                + $"and its first {_headerSize} bytes are the header");
        }

        output.Write(payload.Slice(0, _lengthAt));
        WriteLength(output.GetSpan(_size), LengthOf(payload.Length));
        output.Advance(_size);
        output.Write(_cut == 0 ? payload.Slice(_lengthAt + _size) : payload);
    }

    /// <summary>The number in the length field of a message with this many bytes.</summary>
    private ulong LengthOf(long message) => (ulong)(message + _cut - _uncounted);

    private ulong ReadLength(in ReadOnlySequence<byte> field)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        // A shorter number is a long one with zeros on its insignificant side.
        field.CopyTo(_littleEndian ? bytes : bytes[(8 - _size)..]);
        return _littleEndian ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    private void WriteLength(Span<byte> field, ulong length)
    {
        Span<byte> bytes = stackalloc byte[8];
        if (_littleEndian)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        else
            BinaryPrimitives.WriteUInt64BigEndian(bytes, length);
        (_littleEndian ? bytes[.._size] : bytes[(8 - _size)..]).CopyTo(field);
    }
}
