using System.Buffers;
using System.Text;

namespace Sockeye;

/// <summary>The bytes of lines: what stands before a line end.</summary>
/// <remarks>
/// <code>
///  +-----------------------+------+------+
///  | line: 0 … maxLength   | [CR] |  LF  |   LineEnding.Lf: CR is dropped when there
///  +-----------------------+------+------+
///  | line: 0 … maxLength   |  CR  |  LF  |   LineEnding.CrLf
///  +-----------------------+------+------+
/// </code>
/// CR and LF are characters of the encoding: 0D and 0A in UTF-8, 0D 00 and 0A 00 in UTF-16, where 0A 00 counts only at an even
/// distance from the line's start (POSIX.1-2024, section 3.185; RFC 5321, section 2.3.8).
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
            throw new ArgumentOutOfRangeException(nameof(ending), ending, "A line ends in Lf or CrLf.");
        (_encoding, _ending) = (encoding, ending);
        (_cr, _lf, _crLf) = (encoding.GetBytes("\r"), encoding.GetBytes("\n"), encoding.GetBytes("\r\n"));
    }

    private int CharSize => _lf.Length;

    public override string ToString() => $"Codec.Lines(maxLength: {_maxLength}, {_encoding.WebName}, {_ending})";

    internal override bool TryReadFrame(ref ReadOnlySequence<byte> input, out ReadOnlySequence<byte> payload)
    {
        var end = FrameBytes.IndexOf(FrameBytes.SliceUpTo(input, (long)_maxLength + _crLf.Length), _lf, CharSize);
        if (end < 0)
        {
            payload = default;
            if (!CanLineEndFollow(input))
                throw FrameException.TooLong(this, $"more than {_maxLength} bytes came without a line end");
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
            throw FrameException.Malformed(this, $"a CR without an LF behind it follows {lone} bytes of a line");
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

    /// <summary>Whether a line end may have begun within the maximum, or may yet do so.</summary>
    private bool CanLineEndFollow(in ReadOnlySequence<byte> input)
    {
        if (input.Length <= _maxLength)
            return true;
        for (var start = Math.Max(0, input.Length - _crLf.Length + 1); start <= _maxLength; start++)
        {
            if (start % CharSize != 0)
                continue;
            var begun = input.Slice(start);
            if (FrameBytes.IsPrefixOf(begun, _crLf) || FrameBytes.IsPrefixOf(begun, _lf))
                return true;
        }

        return false;
    }

    private bool EndsInCr(in ReadOnlySequence<byte> line) =>
        line.Length >= CharSize && FrameBytes.IsPrefixOf(line.Slice(line.Length - CharSize), _cr);

    private FrameException UnwritableError(string mark, long at) => FrameException.Malformed(
        this, $"the line to be written has {mark} behind its first {at} bytes, which the reader takes for a line end: "
        + "write several lines, escape it, or use Codec.LengthPrefixed");
}
