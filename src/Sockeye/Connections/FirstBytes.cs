using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sockeye;

/// <summary>Tells what a stranger sent first, in a form that is safe in a log.</summary>
internal static class FirstBytes
{
    /// <summary>Enough to know a protocol by, too few for what a client means to keep secret.</summary>
    private const int MaxShown = 16;

    private static readonly SearchValues<byte> Plain = SearchValues.Create(" !#$%&'()*+,-./0123456789:;<=>?@"u8
        + "ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    /// <summary>The first bytes: plain characters as they are, the others as \xNN.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("\"");
        foreach (var one in bytes[..Math.Min(bytes.Length, MaxShown)])
        {
            if (Plain.Contains(one))
                text.Append((char)one);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\x{one:X2}");
        }

        return text.Append(bytes.Length > MaxShown ? "\"…" : "\"").ToString();
    }

    public static bool IsHttp(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("GET "u8) || bytes.StartsWith("POST "u8) || bytes.StartsWith("HEAD "u8) || bytes.StartsWith("PUT "u8)
        || bytes.StartsWith("OPTIONS "u8) || bytes.StartsWith("CONNECT "u8) || bytes.StartsWith("PRI * HTTP/2"u8);
}
