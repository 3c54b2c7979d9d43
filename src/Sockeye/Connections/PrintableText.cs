using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sockeye;

/// <summary>Text that a peer chose, in a form that is safe to print.</summary>
/// <remarks>
/// A line end forges a line of a log, an escape sequence commands a terminal, and a mark of direction shows something else than
/// is there. All that Sockeye logs, traces and shows is escaped. What a handler prints of its own messages is not, and this is
/// for that.
/// </remarks>
public static class PrintableText
{
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>
    /// The same text with each character that is obeyed rather than printed in hexadecimal, as <c>\x1B</c> or <c>\u202E</c>:
    /// controls, line ends of any kind, marks of direction and other invisible format characters, lone surrogates, and code
    /// points that are not characters.
    /// </summary>
    /// <remarks>
    /// Backslashes stay, so text that is escaped already stays as it is. The result is for people: it cannot be turned back.
    /// </remarks>
    /// <param name="text">Any text; null counts as empty.</param>
    /// <returns>The text itself where nothing in it has to be escaped.</returns>
    public static string Escape(string? text)
    {
        if (text is null)
            return "";
        if (!text.AsSpan().ContainsAnyExcept(Plain))
            return text;

        StringBuilder? escaped = null;
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var isRune = Rune.DecodeFromUtf16(rest, out var rune, out var length) is OperationStatus.Done;
            if (isRune && IsPrintable(rune))
            {
                escaped?.Append(rest[..length]);
            }
            else
            {
                escaped ??= new StringBuilder().Append(text.AsSpan(0, text.Length - rest.Length));
                Append(escaped, isRune ? rune.Value : rest[0]);
            }

            rest = rest[length..];
        }

        return escaped?.ToString() ?? text;
    }

    /// <summary>The same for bytes that should be UTF-8: those that are not are escaped one by one.</summary>
    internal static string Escape(ReadOnlySpan<byte> utf8)
    {
        var escaped = new StringBuilder();
        while (!utf8.IsEmpty)
        {
            var isRune = Rune.DecodeFromUtf8(utf8, out var rune, out var length) is OperationStatus.Done;
            if (isRune && IsPrintable(rune))
                escaped.Append(rune.ToString());
            else if (isRune)
                Append(escaped, rune.Value);
            else
                Append(escaped, utf8[..length]);
            utf8 = utf8[length..];
        }

        return escaped.ToString();
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned);

    private static void Append(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        foreach (var one in bytes)
            Append(text, one);
    }

    private static void Append(StringBuilder text, int value) => _ = value switch
    {
        <= byte.MaxValue => text.Append(CultureInfo.InvariantCulture, $"\\x{value:X2}"),
        <= char.MaxValue => text.Append(CultureInfo.InvariantCulture, $"\\u{value:X4}"),
        _ => text.Append(CultureInfo.InvariantCulture, $"\\U{value:X8}"),
    };
}
