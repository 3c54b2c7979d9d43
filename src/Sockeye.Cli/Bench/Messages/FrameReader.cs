using System.Buffers;

namespace Sockeye.Cli;

/// <summary>Answers that are frames of a codec.</summary>
/// <param name="codec">The codec, which reads without a copy.</param>
/// <param name="idPrefix">The text before the number of the request in its answer; null: answers come in the order of the
/// requests.</param>
internal sealed class FrameReader(Codec<ReadOnlySequence<byte>> codec, byte[]? idPrefix) : AnswerReader
{
    private const int MaxDigits = 19;

    public override int Take(ref ReadOnlySequence<byte> input, RequestWindow requests)
    {
        var answered = 0;
        try
        {
            while (codec.TryDecode(ref input, out var answer))
            {
                if (answered == requests.Count)
                    throw CreateUnasked(answer);
                if (idPrefix is not null)
                    requests.MoveUp(answered, FindRequest(answer, requests, answered));
                answered++;
            }
        }
        catch (FrameException e)
        {
            throw new AnswerException("malformed answer", e.Message.TrimEnd('.'));
        }

        return !input.IsEmpty && answered == requests.Count ? throw CreateUnasked(input) : answered;
    }

    private int FindRequest(in ReadOnlySequence<byte> answer, RequestWindow requests, int first)
    {
        var id = ReadId(answer) ?? throw new AnswerException(
            "answer without an id", $"the answer {Show(answer)} has no number after the text of --match");
        return requests.IndexOf(id, first) is >= 0 and var index ? index : throw new AnswerException(
            "unknown id", $"the answer {Show(answer)} has the id {id}, which no open request of its connection has");
    }

    private long? ReadId(in ReadOnlySequence<byte> answer)
    {
        var reader = new SequenceReader<byte>(answer);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> _, idPrefix))
            return null;
        var (id, digits) = (0L, 0);
        while (digits < MaxDigits && reader.TryPeek(out var next) && char.IsAsciiDigit((char)next))
        {
            id = unchecked((id * 10) + (next - '0'));
            digits++;
            reader.Advance(1);
        }

        return digits > 0 ? id : null;
    }
}
