using System.Buffers;
using System.Text;

namespace Sockeye.Cli.Tests.Bench;

public sealed class MessageTests
{
    [Theory]
    [InlineData("PING\\r\\n", "PING\r\n")]
    [InlineData("a\\tb\\\\c\\x41\\0", "a\tb\\cA\0")]
    [InlineData("é😀", "é😀")]
    public void Escapes_become_bytes(string text, string expected) =>
        Assert.Equal(Encoding.UTF8.GetBytes(expected), EscapedText.Parse(text, out _));

    [Theory]
    [InlineData("\\q"), InlineData("\\x4"), InlineData("end\\"), InlineData("\\xzz")]
    public void Unknown_escape_is_an_error(string text)
    {
        Assert.Null(EscapedText.Parse(text, out var error));
        Assert.StartsWith($"\"{text}\" has an escape that is unknown", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Fields_of_a_template_are_filled_and_other_braces_stay()
    {
        var template = new MessageTemplate("""{"id":{counter},"from":{connection},"x":{other}}"""u8, seed: 1);

        Assert.False(template.IsConstant);
        Assert.Equal("""{"id":41,"from":7,"x":{other}}""", Write(template, 41, 7));
    }

    [Fact]
    public void Random_field_is_that_of_the_seed_and_the_counter()
    {
        var template = new MessageTemplate("{random:20}"u8, seed: 1);

        var text = Write(template, 5, 0);

        Assert.Matches("^[a-z2-7]{20}$", text);
        Assert.Equal(text, Write(new("{random:20}"u8, seed: 1), 5, 3));
        Assert.NotEqual(text, Write(template, 6, 0));
        Assert.NotEqual(text, Write(new("{random:20}"u8, seed: 2), 5, 0));
    }

    [Fact]
    public void Equal_requests_are_written_at_once_in_their_frames()
    {
        var messages = new RequestMessages(new("abc"u8, 1), Codec.LengthPrefixed(100));
        var output = new ArrayBufferWriter<byte>();

        messages.Write(output, 0, 0);

        Assert.True(messages.IsConstant);
        Assert.Equal(7, messages.Size);
        Assert.Equal([0, 0, 0, 3, .. "abc"u8], output.WrittenSpan.ToArray());
        Assert.Equal(0, messages.Block.Length % messages.Size);
    }

    [Theory]
    [InlineData("lines", "x\n"), InlineData("length", "\0\0\0\u0001x"), InlineData("length:2le", "\u0001\0x")]
    [InlineData("varint", "\u0001x"), InlineData("netstring", "1:x,"), InlineData("delimiter:\\r\\n", "x\r\n")]
    [InlineData("fixed:1", "x")]
    public void Codec_writes_the_frames_of_the_library(string text, string expected)
    {
        var output = new ArrayBufferWriter<byte>();

        CodecText.Parse(text, out var error)!.Encode("x"u8.ToArray(), output);

        Assert.Null(error);
        Assert.Equal(expected, Encoding.Latin1.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("line"), InlineData("length:3"), InlineData("fixed"), InlineData("fixed:x"), InlineData("delimiter:")]
    [InlineData("lines:x")]
    public void Unknown_codec_is_named(string text)
    {
        Assert.Null(CodecText.Parse(text, out var error));
        Assert.StartsWith($"\"{text}\" is not a codec. Write lines, ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Window_keeps_the_order_and_moves_an_answered_request_up()
    {
        var window = new RequestWindow(3);
        for (var id = 0; id < 2; id++)
            window.Add(new(id, id, id));
        window.Remove();
        window.Add(new(2, 2, 2));
        window.Add(new(3, 3, 3));

        window.MoveUp(0, window.IndexOf(3, 0));

        Assert.True(window.IsFull);
        Assert.Equal([3L, 1, 2], [window.Remove().Id, window.Remove().Id, window.Remove().Id]);
        Assert.Equal(-1, window.IndexOf(3, 0));
    }

    private static string Write(MessageTemplate template, long counter, int connection)
    {
        var output = new ArrayBufferWriter<byte>();
        template.Write(output, counter, connection);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
