using System.Buffers;
using System.Text;

namespace Sockeye.Tests.Framing;

/// <summary>A frame without a length costs one look at each of its bytes, although each segment asks for a message.</summary>
public sealed class ResumedSearchTests
{
    public static TheoryData<string> Codecs { get; } = ["lines", "UTF-16 lines", "delimiter", "slices", "text", "heartbeat"];

    [Theory, MemberData(nameof(Codecs))]
    public void Search_for_the_end_of_a_frame_resumes_where_it_ended(string name)
    {
        // The codec is given an end among the bytes that it need not search: it must not find it.
        var (unit, tryDecode) = Create(name);
        var unfinished = Encode("abcdefgh", unit);
        long searched = 0;

        Assert.False(tryDecode(unfinished, ref searched));
        Assert.Equal(unfinished.Length, searched);
        Assert.False(tryDecode(Encode("abc\nefgh", unit), ref searched));
        Assert.True(tryDecode(Encode("abc\nefgh\n", unit), ref searched));
    }

    [Fact]
    public void Delimiter_between_two_segments_is_found()
    {
        var codec = Codec.Delimited("--END--"u8, 100);
        long searched = 0;
        var stream = "data--EN"u8.ToArray();
        var input = new ReadOnlySequence<byte>(stream);

        Assert.False(codec.Resume(ref input, ref searched, out _));
        input = new([.. stream, .. "D--"u8]);
        Assert.True(codec.Resume(ref input, ref searched, out var message));
        Assert.Equal("data"u8, message.Span);
    }

    private static byte[] Encode(string text, int unit) =>
        [.. text.SelectMany(character => Enumerable.Repeat((byte)0, unit - 1).Prepend((byte)character))];

    private static (int Unit, TryDecode TryDecode) Create(string name) => name switch
    {
        "lines" => (1, With(Codec.Lines(100))),
        "UTF-16 lines" => (2, With(Codec.Lines(100, Encoding.Unicode))),
        "delimiter" => (1, With(Codec.Delimited("\n"u8, 100))),
        "slices" => (1, With(Codec.Delimited("\n"u8, 100).WithoutCopying())),
        "text" => (1, With(Codec.Delimited("\n"u8, 100).WithMessages<string>(
            (text, output) => output.Write(Encoding.UTF8.GetBytes(text)), bytes => Encoding.UTF8.GetString(bytes)))),
        "heartbeat" => (1, With(Codec.Lines(100).WithHeartbeat(
            heartbeat => (heartbeat.CreatePing, heartbeat.IsPong) = (() => "ping", text => text is "pong")))),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such codec."),
    };

    private static TryDecode With<TMessage>(Codec<TMessage> codec) => (byte[] bytes, ref long searched) =>
    {
        var input = new ReadOnlySequence<byte>(bytes);
        return codec.Resume(ref input, ref searched, out _);
    };

    private delegate bool TryDecode(byte[] bytes, ref long searched);
}
