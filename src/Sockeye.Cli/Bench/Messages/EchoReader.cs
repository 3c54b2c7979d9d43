using System.Buffers;

namespace Sockeye.Cli;

/// <summary>Compares the echo of requests that differ, each of which is created again.</summary>
internal sealed class EchoReader(RequestMessages messages, int connection) : AnswerReader
{
    private int _position;

    public override int Take(ref ReadOnlySequence<byte> input, RequestWindow requests)
    {
        var answered = 0;
        while (!input.IsEmpty)
        {
            if (answered == requests.Count)
                throw CreateUnasked(input);
            var expected = messages.Create(requests[answered].Id, connection)[_position..];
            var length = (int)Math.Min(input.FirstSpan.Length, expected.Length);
            if (!input.FirstSpan[..length].SequenceEqual(expected[..length]))
            {
                throw new AnswerException(
                    "wrong echo",
                    $"the server sent {Show(input)} instead of {Show(new(expected.ToArray()))}");
            }

            var isWhole = length == expected.Length;
            _position = isWhole ? 0 : _position + length;
            answered += isWhole ? 1 : 0;
            input = input.Slice(length);
        }

        return answered;
    }
}
