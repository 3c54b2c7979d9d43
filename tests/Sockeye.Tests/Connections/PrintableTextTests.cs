using CsCheck;

namespace Sockeye.Tests.Connections;

public sealed class PrintableTextTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData("plain ~ \\ \" text", "plain ~ \\ \" text")]
    [InlineData("bücher, 書籍, 😀", "bücher, 書籍, 😀")]
    [InlineData("a\r\nb\tc\0", "a\\x0D\\x0Ab\\x09c\\x00")]
    [InlineData("\u001b[2Jred\u007f", "\\x1B[2Jred\\x7F")]
    [InlineData("\u0080\u0085\u009b\u00ad", "\\x80\\x85\\x9B\\xAD")]
    [InlineData("one\u2028two\u2029", "one\\u2028two\\u2029")]
    [InlineData("\u202eevil\u202c\u2066\u2069\u200f\u061c", "\\u202Eevil\\u202C\\u2066\\u2069\\u200F\\u061C")]
    [InlineData("a\u200bb\ufeff\u2060", "a\\u200Bb\\uFEFF\\u2060")]
    [InlineData("\U000E0041", "\\U000E0041")]
    [InlineData("\uFFFE", "\\uFFFE")]
    public void Text_is_shown_with_what_would_be_obeyed_in_hexadecimal(string? text, string shown) =>
        Assert.Equal(shown, PrintableText.Escape(text));

    [Theory]
    [InlineData(new[] { '\uD800' }, "\\uD800")]
    [InlineData(new[] { 'a', '\uDC00', 'b' }, "a\\uDC00b")]
    [InlineData(new[] { '\uD83D', 'x' }, "\\uD83Dx")]
    [InlineData(new[] { '\uD83D', '\uDE00', '\uD83D' }, "😀\\uD83D")]
    public void Half_a_character_is_shown_as_what_it_is(char[] text, string shown) =>
        Assert.Equal(shown, PrintableText.Escape(new string(text)));

    [Theory]
    [InlineData("/run/b\u00fc\n", "/run/bü\\x0A")]
    [InlineData("\u202e", "\\u202E")]
    public void Bytes_are_shown_as_the_text_they_stand_for(string text, string shown) =>
        Assert.Equal(shown, PrintableText.Escape(System.Text.Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Bytes_that_are_no_text_are_shown_one_by_one() =>
        Assert.Equal("/\\xFF\\xFE\\xE2\\x82x", PrintableText.Escape([(byte)'/', 0xFF, 0xFE, 0xE2, 0x82, (byte)'x']));

    [Fact]
    public void Text_that_is_safe_is_the_same_object_and_stays_as_it_is() => Gen.Char.Array[0, 20].Sample(characters =>
    {
        var escaped = PrintableText.Escape(new string(characters));

        Assert.Same(escaped, PrintableText.Escape(escaped));
        Assert.DoesNotContain(escaped, char.IsControl);
        Assert.DoesNotContain(escaped, one => one is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E'));
    });

    [Fact]
    public void Exception_without_what_must_be_escaped_is_itself()
    {
        var plain = new InvalidOperationException("outside", new FormatException("inside"));

        Assert.Same(plain, PrintableException.Wrap(plain));
    }

    [Fact]
    public void Exception_is_shown_with_its_own_lines_and_none_of_a_message()
    {
        var thrown = Thrown(new InvalidOperationException("outside", new AggregateException(
            new FormatException("no number: 7\r\nfail: forged\n   at Nowhere()\u001b[2J"))));

        var shown = PrintableException.Wrap(thrown);

        Assert.Equal("outside", shown.Message);
        Assert.Equal(thrown.StackTrace, shown.StackTrace);
        Assert.StartsWith("System.InvalidOperationException: outside", $"{shown}", StringComparison.Ordinal);
        Assert.Contains("FormatException: no number: 7\\x0D\\x0Afail: forged\\x0A   at Nowhere()\\x1B[2J", $"{shown}");
        var lines = $"{shown}".Split(Environment.NewLine);
        Assert.Contains(lines, line => line.Contains(nameof(Thrown), StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.StartsWith("fail:", StringComparison.Ordinal) || line.Any(char.IsControl));
        Assert.Contains("forged", shown.InnerException!.InnerException!.Message);
        Assert.DoesNotContain(shown.InnerException.InnerException.Message, char.IsControl);
    }

    private static InvalidOperationException Thrown(InvalidOperationException exception)
    {
        try
        {
            throw exception;
        }
        catch (InvalidOperationException caught)
        {
            return caught;
        }
    }
}
