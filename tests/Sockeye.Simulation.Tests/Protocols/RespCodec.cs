using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Sockeye.Simulation.Tests.Protocols;

/// <summary>A value of RESP, the protocol of Redis: its kind, and its text or its items.</summary>
internal sealed record Resp(char Kind, string Text = "", IReadOnlyList<Resp>? Items = null)
{
    /// <summary>Creates an array of byte strings, or a push.</summary>
    public static Resp List(char kind, params IEnumerable<string> items) =>
        new(kind, Items: [.. items.Select(item => new Resp('$', item))]);

    public override string ToString() => $"{Kind}{(Items is null ? Text : string.Join(' ', Items))}";
}

/// <summary>
/// A line, or bytes, or items: <c>:1 CRLF</c>, <c>$3 CRLF abc CRLF</c>, <c>*2 CRLF … …</c>. Items that have come are not read
/// again with the next segment.
/// </summary>
internal sealed class RespCodec : Codec<Resp>
{
    private const int MaxCount = 10_000;

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 100, Encoding.ASCII, LineEnding.CrLf);

    private readonly Stack<(Resp Resp, int Missing)> _open = [];

    public override IFrameDecoder<Resp> ForConnection() => new RespCodec();

    public override bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out Resp message)
    {
        while (TryRead(ref input, out message, out var missing))
        {
            while (missing == 0)
            {
                if (!_open.TryPop(out var open))
                    return true;
                ((List<Resp>)open.Resp.Items!).Add(message);
                (message, missing) = (open.Resp, open.Missing - 1);
            }

            _open.Push((message, missing));
        }

        return false;
    }

    public override void Encode(Resp message, IBufferWriter<byte> output)
    {
        var text = message.Items is { } items ? $"{items.Count}"
            : message.Kind is '$' ? $"{message.Text.Length}\r\n{message.Text}"
            : message.Text;
        Encoding.ASCII.GetBytes($"{message.Kind}{text}\r\n", output);
        foreach (var item in message.Items ?? [])
            Encode(item, output);
    }

    private static bool TryRead(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out Resp message, out int missing)
    {
        (message, missing) = (null, 0);
        var rest = input;
        if (!Lines.TryDecode(ref rest, out var line))
            return false;
        var kind = line[0];
        if (kind is not ('$' or '*' or '>'))
        {
            message = new(kind, line[1..]);
        }
        else
        {
            var count = int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture);
            if (count is < 0 or > MaxCount)
                throw new FrameException(FrameError.TooLong, $"{line} is more than {MaxCount}.");
            if (kind is not '$')
                (message, missing) = (new(kind, Items: new List<Resp>()), count);
            else if (rest.Length >= count + 2)
                (message, rest) = (new(kind, Encoding.ASCII.GetString(rest.Slice(0, count))), rest.Slice(count + 2));
        }

        if (message is not null)
            input = rest;
        return message is not null;
    }
}
