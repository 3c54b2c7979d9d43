using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sockeye;

/// <summary>Formats the first bytes that an unknown peer sent, safe for logs.</summary>
internal static class FirstBytes
{
    /// <summary>The maximum number of bytes shown: enough to recognize a protocol, and too few to expose secrets.</summary>
    private const int MaxShown = 16;

    private static readonly SearchValues<byte> Plain = SearchValues.Create(" !#$%&'()*+,-./0123456789:;<=>?@"u8
        + "ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    /// <summary>Returns the first bytes: plain characters unchanged, the others as \xNN.</summary>
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
