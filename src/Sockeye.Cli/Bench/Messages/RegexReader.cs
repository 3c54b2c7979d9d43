using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Sockeye.Cli;

/// <summary>Answers that end where a regular expression first matches. Bytes are characters of Latin-1.</summary>
internal sealed class RegexReader(Regex end) : AnswerReader
{
    public override int Take(ref ReadOnlySequence<byte> input, RequestWindow requests)
    {
        var length = checked((int)input.Length);
        var characters = ArrayPool<char>.Shared.Rent(Math.Max(1, length));
        try
        {
            Encoding.Latin1.GetChars(input, characters);
            var (answered, position) = (0, 0);
            while (position < length && FindEnd(characters.AsSpan(position, length - position)) is { } next)
            {
                if (answered == requests.Count)
                    throw CreateUnasked(input.Slice(position));
                position += next;
                answered++;
            }

            input = input.Slice(position);
            return !input.IsEmpty && answered == requests.Count ? throw CreateUnasked(input) : answered;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
        }
    }

    private int? FindEnd(ReadOnlySpan<char> characters)
    {
        foreach (var match in end.EnumerateMatches(characters))
        {
            if (match.Index + match.Length > 0)
                return match.Index + match.Length;
        }

        return null;
    }
}
