using System.Buffers;
using System.Text;
using CsCheck;

namespace Sockeye.Tests.Framing;

public sealed class LineCodecTests
{
    private static Codec<string> Lf { get; } = Codec.Lines(maxLength: 8);

    private static Codec<string> CrLf { get; } = Codec.Lines(maxLength: 8, ending: LineEnding.CrLf);

    public static TheoryData<string> Encodings { get; } = ["utf-8", "utf-16", "utf-16BE", "utf-32", "us-ascii", "iso-8859-1"];

    [Theory, MemberData(nameof(Encodings))]
    public void Lines_of_any_encoding_come_back_from_any_split(string encodingName)
    {
        // U+0A0A, U+0D0A and U+0A0D have the bytes of line ends at places where they are none.
        var encoding = Encoding.GetEncoding(encodingName);
        var characters = encoding.IsSingleByte ? "ab \t\"z" : "ab \t\u0A0A\u0D0A\u0A0Dé€";
        var line = Gen.Int[0, characters.Length - 1].Select(i => characters[i]).Array[0, 20].Select(line => new string(line));

        foreach (var ending in Enum.GetValues<LineEnding>())
        {
            var codec = Codec.Lines(100, encoding, ending);
            Gen.Select(line.Array[0, 5], Gen.Int[0, 1000].Array[0, 8]).Sample((lines, cuts) =>
            {
                var stream = lines.SelectMany(line => Wire.Encode(codec, line)).ToArray();

                var (messages, left) = Wire.Decode(codec, stream, cuts.Select(cut => cut % (stream.Length + 1)).Order());

                Assert.Equal(lines, messages);
                Assert.Equal(0, left);
            });
        }
    }

    [Theory]
    [InlineData("a\nb\n", "a", "b")]
    [InlineData("a\r\nb\n\r\n", "a", "b", "")]
    [InlineData("a\r\r\n\rb\n", "a\r", "\rb")]
    public void Lf_ends_a_line_and_takes_one_cr_with_it(string stream, params string[] lines) =>
        Assert.Equal(lines, Wire.Decode(Lf, Encoding.UTF8.GetBytes(stream), Enumerable.Range(1, stream.Length)).Messages);

    [Fact]
    public void Each_ending_is_written_as_it_is_called()
    {
        Assert.Equal("hi\n"u8, Wire.Encode(Lf, "hi"));
        Assert.Equal("hi\r\n"u8, Wire.Encode(CrLf, "hi"));
    }

    [Theory]
    [InlineData("a\nb\r\n")]
    [InlineData("\n")]
    [InlineData("a\rb\r\n")]
    [InlineData("a\r\r\n")]
    public void Lone_cr_or_lf_is_malformed_where_crlf_is_demanded(string stream) =>
        AssertError(FrameError.Malformed, () => Decode(CrLf, stream));

    [Theory]
    [InlineData("12345678\n")]
    [InlineData("12345678\r\n")]
    public void Line_end_does_not_count_towards_the_maximum(string stream) =>
        Assert.Equal(["12345678"], Wire.Decode(Lf, Encoding.UTF8.GetBytes(stream), Enumerable.Range(1, stream.Length)).Messages);

    [Theory]
    [InlineData("1234\n")]
    [InlineData("1234\r\n")]
    [InlineData("123\r\n")]
    public void Line_end_of_a_wide_encoding_may_come_in_pieces_behind_the_longest_line(string stream)
    {
        foreach (var encoding in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode])
        {
            var bytes = encoding.GetBytes(stream);
            Assert.Equal(
                [stream.TrimEnd()], Wire.Decode(Codec.Lines(8, encoding), bytes, Enumerable.Range(1, bytes.Length)).Messages);
        }
    }

    [Theory]
    [InlineData("123456789")]
    [InlineData("12345678\r9")]
    [InlineData("123456789\n")]
    [InlineData("12345678\r\r\n")]
    public void One_byte_over_the_maximum_is_an_error_at_once(string stream)
    {
        AssertError(FrameError.TooLong, () => Decode(Lf, stream));
        AssertError(FrameError.TooLong, () => Wire.Decode(CrLf, Encoding.UTF8.GetBytes(stream), []));
    }

    [Fact]
    public void Maximum_counts_bytes_of_the_encoding()
    {
        Assert.Equal(["1234"], Wire.Decode(Codec.Lines(8, Encoding.Unicode), Encoding.Unicode.GetBytes("1234\r\n"), []).Messages);
        AssertError(FrameError.TooLong, () => Decode(Codec.Lines(8, Encoding.Unicode), "12345", Encoding.Unicode));
        AssertError(FrameError.TooLong, () => Wire.Encode(Lf, "äöüä1"));
    }

    [Fact]
    public void Invalid_utf8_is_malformed_and_another_encoding_keeps_its_fallback()
    {
        byte[] stream = [(byte)'a', 0xFF, (byte)'\n'];

        AssertError(FrameError.Malformed, () => Wire.Decode(Lf, stream, []));
        Assert.Equal(["a\uFFFD"], Wire.Decode(Codec.Lines(8, Encoding.UTF8), stream, []).Messages);
    }

    [Theory]
    [InlineData("a\nb", LineEnding.Lf)]
    [InlineData("a\r", LineEnding.Lf)]
    [InlineData("a\nb", LineEnding.CrLf)]
    [InlineData("a\rb", LineEnding.CrLf)]
    public void Line_with_a_line_end_in_it_is_not_written(string line, LineEnding ending)
    {
        var output = new ArrayBufferWriter<byte>();

        var error = AssertError(FrameError.Malformed, () => Codec.Lines(8, ending: ending).Encode(line, output));

        Assert.Contains("Codec.LengthPrefixed", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void Cr_inside_a_line_is_text_where_lf_ends_it() =>
        Assert.Equal(["a\rb"], Wire.Decode(Lf, Wire.Encode(Lf, "a\rb"), []).Messages);

    [Fact]
    public void Unknown_ending_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Codec.Lines(8, ending: (LineEnding)7));

    private static void Decode(Codec<string> codec, string stream, Encoding? encoding = null)
    {
        var bytes = (encoding ?? Encoding.UTF8).GetBytes(stream);
        Wire.Decode(codec, bytes, Enumerable.Range(1, bytes.Length));
    }

    private static FrameException AssertError(FrameError expected, Action action)
    {
        var error = Assert.Throws<FrameException>(action);
        Assert.Equal(expected, error.Error);
        return error;
    }
}
