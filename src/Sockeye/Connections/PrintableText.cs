using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sockeye;

/// <summary>Escapes text from a peer, so that it is safe to print.</summary>
/// <remarks>
/// A line end can forge a line of a log, an escape sequence can control a terminal, and a bidirectional mark can disguise text.
/// Sockeye escapes everything that it logs, traces and shows. Use this class for text from messages that a handler prints.
/// </remarks>
public static class PrintableText
{
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>
    /// Returns the text with each nonprinting character in hexadecimal, as <c>\x1B</c> or <c>\u202E</c>: control characters, line
    /// ends of any kind, bidirectional marks and other invisible format characters, lone surrogates, and code points that are not
    /// characters.
    /// </summary>
    /// <remarks>
    /// Backslashes are not escaped, so escaping twice changes nothing, and the result cannot be converted back.
    /// </remarks>
    /// <param name="text">The text. Null means an empty text.</param>
    /// <returns>The escaped text, or the text itself if nothing has to be escaped.</returns>
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

    /// <summary>Escapes UTF-8 text. Invalid bytes are escaped one by one.</summary>
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
