using System.Buffers;
using System.Text;
using CsCheck;

namespace Sockeye.Tests.Framing;

/// <summary>One framing under test: how to make it with any maximum, and which payloads fit into it.</summary>
internal sealed record FrameCase(int Max, Func<int, FrameCodec> Create, Gen<byte[]> Payload)
{
    private static readonly Gen<byte[]> AnyBytes = Gen.Byte.Array[0, 40];

    public static IReadOnlyDictionary<string, FrameCase> All { get; } = new Dictionary<string, FrameCase>
    {
        ["delimited by one byte"] = new(40, max => Codec.Delimited("a"u8, max), Without("a")),
        ["delimited by two bytes"] = new(40, max => Codec.Delimited("ab"u8, max), Without("ab")),
        ["delimited by a repetitive mark"] = new(40, max => Codec.Delimited("aba"u8, max), Without("aba")),
        ["fixed size"] = new(8, max => Codec.FixedSize(max), Gen.Byte.Array[8]),
        ["length of 1 byte"] = Prefixed(new() { LengthSize = 1 }),
        ["length of 2 bytes, little endian"] = Prefixed(new() { LengthSize = 2, LittleEndian = true }),
        ["length of 4 bytes"] = new(40, Codec.LengthPrefixed, AnyBytes),
        ["length of 8 bytes"] = Prefixed(new() { LengthSize = 8 }),
        ["length counts itself"] = Prefixed(new() { Counts = LengthCounts.FromLengthField }),
        ["Modbus TCP"] = Whole(new() { BytesBeforeLength = 4, LengthSize = 2 }),
        ["SMPP"] = Whole(new() { BytesAfterLength = 12, Counts = LengthCounts.Frame }),
        ["PostgreSQL"] = Whole(new() { BytesBeforeLength = 1, Counts = LengthCounts.FromLengthField }),
        ["varint length"] = new(200, Codec.VarintPrefixed, Gen.Byte.Array[0, 200]),
        ["netstring"] = new(40, Codec.Netstring, AnyBytes),
    };

    public static TheoryData<string> Names { get; } = [.. All.Keys];

    /// <summary>Every codec but the one that cannot be too long.</summary>
    public static TheoryData<string> NamesWithMaximum { get; } = [.. All.Keys.Where(name => name != "fixed size")];

    public FrameCodec Usual => Create(Max);

    private static FrameCase Prefixed(LengthPrefixOptions options) =>
        new(40, max => Codec.LengthPrefixed(max, options), AnyBytes);

    /// <summary>
    /// With extra header bytes a message is a whole frame, so its length field has to be right to come back the same.
    /// </summary>
    private static FrameCase Whole(LengthPrefixOptions options)
    {
        var header = options.BytesBeforeLength + options.LengthSize + options.BytesAfterLength;
        FrameCodec Create(int max) => Codec.LengthPrefixed(max, options);
        return new(60, Create, Gen.Byte.Array[header, 60].Select(frame => Wire.Encode(Create(60), frame)));
    }

    private static Gen<byte[]> Without(string delimiter) => Wire.AnyOf("abcdef").Array[0, 40].Select(payload =>
    {
        var text = Encoding.Latin1.GetString(payload);
        while ((text + delimiter).IndexOf(delimiter, StringComparison.Ordinal) is var at && at < text.Length)
            text = text.Remove(at, 1);
        return Encoding.Latin1.GetBytes(text);
    });
}

/// <summary>Bytes as they come over a network: in pieces.</summary>
internal static class Wire
{
    public static Gen<byte> AnyOf(string characters) => Gen.Int[0, characters.Length - 1].Select(i => (byte)characters[i]);

    public static byte[] Encode<TMessage>(Codec<TMessage> codec, TMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        codec.Encode(message, output);
        return output.WrittenSpan.ToArray();
    }

    public static byte[] Encode(FrameCodec codec, byte[] message) => Encode<ReadOnlyMemory<byte>>(codec, message);

    /// <summary>
    /// Decodes while one segment after the other arrives, as a connection does; what is left is a partial frame.
    /// </summary>
    public static (List<TMessage> Messages, long Left) Decode<TMessage>(
        Codec<TMessage> codec, byte[] stream, IEnumerable<int> cuts)
    {
        var messages = new List<TMessage>();
        long taken = 0, searched = 0;
        var arrived = new List<int> { 0 };
        foreach (var cut in cuts.Append(stream.Length))
        {
            arrived.Add(cut);
            var input = Segments(stream, arrived).Slice(taken);
            while (codec.Resume(ref input, ref searched, out var message))
            {
                messages.Add(message);
                searched = 0;
            }

            taken = cut - input.Length;
        }

        return (messages, stream.Length - taken);
    }

    /// <summary>A sequence with a segment between each two of the ascending <paramref name="ends"/>.</summary>
    public static ReadOnlySequence<byte> Segments(byte[] stream, IReadOnlyList<int> ends)
    {
        Segment? first = null, last = null;
        for (var i = 1; i < ends.Count; i++)
        {
            var memory = stream.AsMemory(ends[i - 1]..ends[i]);
            last = last is null ? first = new Segment(memory) : last.Append(memory);
        }

        return first is null ? default : new(first, 0, last!, last!.Memory.Length);
    }

    public static ReadOnlySequence<byte> OneByteSegments(byte[] stream) =>
        Segments(stream, [.. Enumerable.Range(0, stream.Length + 1)]);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
