using System.Buffers;

namespace Sockeye.Cli;

/// <summary>Compares the echo of requests that are all equal, byte by byte and many at a time.</summary>
internal sealed class EqualEchoReader(RequestMessages messages) : AnswerReader
{
    // The position in the first request that is not answered completely.
    private int _position;

    public override int Take(ref ReadOnlySequence<byte> input, RequestWindow requests)
    {
        var size = messages.Size;
        var block = messages.Block;
        var answered = ((_position + input.Length) / size) is var whole && whole <= requests.Count
            ? (int)whole
            : throw CreateUnasked(input);
        if (answered == requests.Count && (_position + input.Length) % size != 0)
            throw CreateUnasked(input);
        foreach (var memory in input)
        {
            for (var bytes = memory.Span; !bytes.IsEmpty;)
            {
                var expected = block[_position..];
                var length = Math.Min(bytes.Length, expected.Length);
                if (!bytes[..length].SequenceEqual(expected[..length]))
                    throw CreateWrong(bytes[..length], expected);
                bytes = bytes[length..];
                _position = (_position + length) % size;
            }
        }

        input = input.Slice(input.End);
        return answered;
    }

    private static AnswerException CreateWrong(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> expected)
    {
        var at = bytes.CommonPrefixLength(expected);
        return new(
            "wrong echo",
            $"the server sent {Show(new(bytes[at..].ToArray()))} instead of {Show(new(expected[at..].ToArray()))}");
    }
}
