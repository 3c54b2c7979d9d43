using System.Buffers;
using System.Text;

namespace Sockeye;

/// <summary>Frames that end in a line end.</summary>
/// <remarks>
/// <code>
///  +-----------------------+------+------+
///  | line: 0 … maxLength   | [CR] |  LF  |   LineEnding.Lf: CR is dropped if present
///  +-----------------------+------+------+
///  | line: 0 … maxLength   |  CR  |  LF  |   LineEnding.CrLf
///  +-----------------------+------+------+
/// </code>
/// CR and LF are characters of the encoding: 0D and 0A in UTF-8, 0D 00 and 0A 00 in UTF-16, where 0A 00 counts only at an even
/// offset from the start of the line (POSIX.1-2024, section 3.185; RFC 5321, section 2.3.8).
/// </remarks>
internal sealed class LineFrameCodec : FrameCodec
{
    private readonly Encoding _encoding;
    private readonly LineEnding _ending;
    private readonly int _maxLength;
    private readonly byte[] _cr;
    private readonly byte[] _lf;
    private readonly byte[] _crLf;

    public LineFrameCodec(int maxLength, Encoding encoding, LineEnding ending)
    {
        _maxLength = FrameBytes.CheckMaxLength(maxLength);
        if (ending is not (LineEnding.Lf or LineEnding.CrLf))
            throw new ArgumentOutOfRangeException(nameof(ending), ending, "A line must end in Lf or CrLf.");
        (_encoding, _ending) = (encoding, ending);
        (_cr, _lf, _crLf) = (encoding.GetBytes("\r"), encoding.GetBytes("\n"), encoding.GetBytes("\r\n"));
    }

    private int CharSize => _lf.Length;

    public override string ToString() => $"Codec.Lines(maxLength: {_maxLength}, {_encoding.WebName}, {_ending})";

    internal override bool TryReadFrame(ref ReadOnlySequence<byte> input, out ReadOnlySequence<byte> payload)
    {
        long searched = 0;
        return TryReadFrame(ref input, ref searched, out payload);
    }

    internal override bool TryReadFrame(
        ref ReadOnlySequence<byte> input, ref long searched, out ReadOnlySequence<byte> payload)
    {
        var end = FrameBytes.IndexOf(
            FrameBytes.SliceUpTo(input, (long)_maxLength + _crLf.Length), _lf, CharSize, searched);
        if (end < 0)
        {
            payload = default;
            if (!CanLineEndFollow(input))
                throw FrameException.TooLong(this, $"more than {_maxLength} bytes came without a line end");
            searched = input.Length;
            return false;
        }

        payload = input.Slice(0, end);
        var crBefore = EndsInCr(payload);
        if (crBefore)
            payload = payload.Slice(0, end - CharSize);
        if (payload.Length > _maxLength)
            throw FrameException.TooLong(this, $"a line of {payload.Length} bytes is longer than the maximum of {_maxLength}");
        if (_ending == LineEnding.CrLf && !crBefore)
            throw FrameException.Malformed(this, $"an LF without a CR before it follows {end} bytes of a line");
        if (_ending == LineEnding.CrLf && FrameBytes.IndexOf(payload, _cr, CharSize) is >= 0 and var lone)
            throw FrameException.Malformed(this, $"a CR without an LF after it follows {lone} bytes of a line");
        input = input.Slice(end + CharSize);
        return true;
    }

    internal override void WriteFrame(in ReadOnlySequence<byte> payload, IBufferWriter<byte> output)
    {
        FrameBytes.ThrowIfTooLong(this, payload.Length, _maxLength);
        if (FrameBytes.IndexOf(payload, _lf, CharSize) is >= 0 and var lf)
            throw UnwritableError("an LF", lf);
        if (FrameBytes.IndexOf(payload, _cr, CharSize) is >= 0 and var cr && (_ending == LineEnding.CrLf || EndsInCr(payload)))
            throw UnwritableError("a CR", cr);
        output.Write(payload);
        output.Write(_ending == LineEnding.CrLf ? _crLf : _lf);
    }

    /// <summary>Whether a line end may start within the maximum, in bytes that have arrived or are still to come.</summary>
    private bool CanLineEndFollow(in ReadOnlySequence<byte> input)
    {
        if (input.Length <= _maxLength)
            return true;
        for (var start = Math.Max(0, input.Length - _crLf.Length + 1); start <= _maxLength; start++)
        {
            if (start % CharSize != 0)
                continue;
            var tail = input.Slice(start);
            if (FrameBytes.IsPrefixOf(tail, _crLf) || FrameBytes.IsPrefixOf(tail, _lf))
                return true;
        }

        return false;
    }

    private bool EndsInCr(in ReadOnlySequence<byte> line) =>
        line.Length >= CharSize && FrameBytes.IsPrefixOf(line.Slice(line.Length - CharSize), _cr);

    private FrameException UnwritableError(string mark, long at) => FrameException.Malformed(
        this, $"the line to be written has {mark} after {at} bytes, which a reader takes for a line end: "
        + "write several lines, escape it, or use Codec.LengthPrefixed");
}
