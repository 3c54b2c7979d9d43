using System.Buffers;

namespace Sockeye;

/// <summary>Frames that end in a delimiter.</summary>
/// <remarks>
/// <code>
///  +-----------------------+------------+
///  | payload: 0 … max      | delimiter  |
///  +-----------------------+------------+
/// </code>
/// The first delimiter ends the frame. A payload cannot contain the delimiter, because there is no escaping.
/// </remarks>
internal sealed class DelimitedCodec : FrameCodec
{
    private readonly byte[] _delimiter;
    private readonly int _maxLength;

    public DelimitedCodec(ReadOnlySpan<byte> delimiter, int maxLength)
    {
        if (delimiter.IsEmpty)
            throw new ArgumentException("A delimiter must have at least one byte.", nameof(delimiter));
        _maxLength = FrameBytes.CheckMaxLength(maxLength);
        _delimiter = delimiter.ToArray();
    }

    public override string ToString() => $"Codec.Delimited({Convert.ToHexString(_delimiter)}, maxLength: {_maxLength})";

    internal override bool TryReadFrame(ref ReadOnlySequence<byte> input, out ReadOnlySequence<byte> payload)
    {
        long searched = 0;
        return TryReadFrame(ref input, ref searched, out payload);
    }

    internal override bool TryReadFrame(
        ref ReadOnlySequence<byte> input, ref long searched, out ReadOnlySequence<byte> payload)
    {
        var end = FrameBytes.IndexOf(
            FrameBytes.SliceUpTo(input, (long)_maxLength + _delimiter.Length), _delimiter, searched: searched);
        if (end < 0)
        {
            payload = default;
            if (!CanDelimiterFollow(input))
                throw FrameException.TooLong(this, $"more than {_maxLength} bytes came without the delimiter");
            searched = input.Length;
            return false;
        }

        payload = input.Slice(0, end);
        input = input.Slice(end + _delimiter.Length);
        return true;
    }

    internal override void WriteFrame(in ReadOnlySequence<byte> payload, IBufferWriter<byte> output)
    {
        FrameBytes.ThrowIfTooLong(this, payload.Length, _maxLength);
        if (IndexOfEarlyDelimiter(payload) is >= 0 and var at)
        {
            throw FrameException.Malformed(
                this, $"the message to be written contains a delimiter, or forms one with the delimiter after it, at byte {at}, "
                    + "where a reader would end the message: escape it, or use Codec.LengthPrefixed");
        }

        output.Write(payload);
        output.Write(_delimiter);
    }

    /// <summary>Whether a delimiter may start within the maximum, in bytes that have arrived or are still to come.</summary>
    private bool CanDelimiterFollow(in ReadOnlySequence<byte> input)
    {
        if (input.Length <= _maxLength)
            return true;
        for (var start = Math.Max(0, input.Length - _delimiter.Length + 1); start <= _maxLength; start++)
        {
            if (FrameBytes.IsPrefixOf(input.Slice(start), _delimiter))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Returns where a reader would end this payload too early, or -1. A payload without the delimiter can still form one
    /// together with the delimiter after it: "a" before "aa" reads as an empty frame and an "a".
    /// </summary>
    private long IndexOfEarlyDelimiter(in ReadOnlySequence<byte> payload)
    {
        if (FrameBytes.IndexOf(payload, _delimiter) is >= 0 and var inside)
            return inside;
        for (var start = Math.Max(0, payload.Length - _delimiter.Length + 1); start < payload.Length; start++)
        {
            var partLength = (int)(payload.Length - start);
            if (FrameBytes.IsPrefixOf(payload.Slice(start), _delimiter)
                && _delimiter.AsSpan().StartsWith(_delimiter.AsSpan(partLength)))
                return start;
        }

        return -1;
    }
}
