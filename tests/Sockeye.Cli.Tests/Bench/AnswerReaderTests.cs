using System.Buffers;
using System.Text;

namespace Sockeye.Cli.Tests.Bench;

public sealed class AnswerReaderTests
{
    private static readonly RequestMessages Equal = new(new("0123456789"u8, 1), null);
    private static readonly RequestMessages Different = new(new("<{counter}:{random:5}>"u8, 1), null);

    [Fact]
    public void Echo_of_equal_requests_is_counted_however_it_is_cut()
    {
        var bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0123456789", 5)));
        for (var cut = 0; cut <= bytes.Length; cut++)
            Assert.Equal(5, ReadParts(new EqualEchoReader(Equal), 5, bytes[..cut], bytes[cut..]));
    }

    [Fact]
    public void Echo_of_different_requests_is_counted_however_it_is_cut()
    {
        var bytes = Enumerable.Range(0, 3).SelectMany(id => Different.Create(id, 3).ToArray()).ToArray();
        for (var cut = 0; cut <= bytes.Length; cut++)
            Assert.Equal(3, ReadParts(new EchoReader(Different, 3), 3, bytes[..cut], bytes[cut..]));
    }

    [Fact]
    public void Wrong_byte_is_shown_with_the_expected_one()
    {
        var error = Assert.Throws<AnswerException>(() => ReadParts(new EqualEchoReader(Equal), 2, "01234567890x"u8.ToArray()));

        Assert.Equal("wrong echo", error.Kind);
        Assert.StartsWith("the server sent \"x\" instead of \"1234", error.Message, StringComparison.Ordinal);
        Assert.Throws<AnswerException>(() => ReadParts(new EchoReader(Different, 0), 2, "<1"u8.ToArray()));
    }

    [Fact]
    public void Bytes_that_no_request_asked_for_are_an_error()
    {
        foreach (var reader in (AnswerReader[])[new EqualEchoReader(Equal), new EchoReader(Equal, 0), CreateLines()])
        {
            var error = Assert.Throws<AnswerException>(() => ReadParts(reader, 1, "0123456789\n0"u8.ToArray()));

            Assert.True(error.Kind is "unasked bytes" or "wrong echo");
        }
    }

    [Fact]
    public void Frames_are_answers()
    {
        Assert.Equal(2, ReadParts(CreateLines(), 2, "OK\nO"u8.ToArray(), "K\n"u8.ToArray()));
        var malformed = Assert.Throws<AnswerException>(() => ReadParts(
            AnswerText.Parse("netstring", out _)!.CreateReader(Equal, null, 0, null)!, 1, "x"u8.ToArray()));
        Assert.Equal("malformed answer", malformed.Kind);
    }

    [Fact]
    public void Answer_is_matched_by_its_id()
    {
        var reader = AnswerText.Parse("lines", out _)!.CreateReader(Equal, null, 0, "id="u8.ToArray())!;
        var window = CreateWindow(3);
        var input = new ReadOnlySequence<byte>("id=2 ok\nid=0 ok\n"u8.ToArray());

        Assert.Equal(2, reader.Take(ref input, window));

        Assert.Equal([2L, 0, 1], [window.Remove().Id, window.Remove().Id, window.Remove().Id]);
        foreach (var (line, kind) in ((string, string)[])[("id=9\n", "unknown id"), ("ok\n", "answer without an id")])
            Assert.Equal(kind, Assert.Throws<AnswerException>(() => ReadParts(reader, 1, Encoding.ASCII.GetBytes(line))).Kind);
    }

    [Fact]
    public void Regular_expression_ends_an_answer()
    {
        var reader = AnswerText.Parse("regex:END[0-9];", out _)!.CreateReader(Equal, null, 0, null)!;

        Assert.Equal(2, ReadParts(reader, 2, "abcEND1;xEN"u8.ToArray(), "D2;"u8.ToArray()));
    }

    [Theory]
    [InlineData("echo", true), InlineData("none", true), InlineData("bytes:17", true), InlineData("delimiter:\\r\\n", true)]
    [InlineData("regex:(", false), InlineData("bytes", false), InlineData("", false), InlineData("json", false)]
    public void End_of_an_answer_is_parsed(string text, bool isValid)
    {
        Assert.Equal(isValid, AnswerText.Parse(text, out var error) is not null);
        Assert.Equal(isValid, error is null);
    }

    private static AnswerReader CreateLines() => AnswerText.Parse("lines", out _)!.CreateReader(Equal, null, 0, null)!;

    private static RequestWindow CreateWindow(int requests)
    {
        var window = new RequestWindow(requests);
        for (var id = 0; id < requests; id++)
            window.Add(new(0, 0, id));
        return window;
    }

    /// <summary>Passes the parts as a connection does: what was not consumed comes again.</summary>
    private static int ReadParts(AnswerReader reader, int requests, params byte[][] parts)
    {
        var window = CreateWindow(requests);
        var answered = 0;
        byte[] rest = [];
        foreach (var part in parts)
        {
            var input = new ReadOnlySequence<byte>([.. rest, .. part]);
            var count = input.IsEmpty ? 0 : reader.Take(ref input, window);
            for (var i = 0; i < count; i++)
                window.Remove();
            answered += count;
            rest = input.ToArray();
        }

        return answered;
    }
}
