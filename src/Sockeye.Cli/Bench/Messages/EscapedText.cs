using System.Globalization;
using System.Text;

namespace Sockeye.Cli;

/// <summary>Text of a command line as bytes: UTF-8, with \n, \r, \t, \0, \\ and \x41.</summary>
internal static class EscapedText
{
    /// <summary>Returns the bytes. Returns null and an error for an unknown escape.</summary>
    public static byte[]? Parse(string text, out string? error)
    {
        error = null;
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                var length = char.IsSurrogatePair(text, i) ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(i, length)));
                i += length - 1;
                continue;
            }

            switch (++i < text.Length ? text[i] : '\0')
            {
                case 'n': bytes.Add((byte)'\n'); break;
                case 'r': bytes.Add((byte)'\r'); break;
                case 't': bytes.Add((byte)'\t'); break;
                case '0': bytes.Add(0); break;
                case '\\': bytes.Add((byte)'\\'); break;
                case 'x' when i + 2 < text.Length && TryParseHex(text.AsSpan(i + 1, 2), out var value):
                    bytes.Add(value);
                    i += 2;
                    break;
                default:
                    error = $"\"{text}\" has an escape that is unknown: write \\n, \\r, \\t, \\0, \\\\ or \\x41.";
                    return null;
            }
        }

        return [.. bytes];
    }

    private static bool TryParseHex(ReadOnlySpan<char> digits, out byte value) =>
        byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
