using System.Buffers;

namespace Sockeye;

/// <summary>Distinguishes TLS from plain text by the first bytes of the peer.</summary>
internal static class PlainText
{
    // RFC 8446, section 5.1: a record starts with its type. These types can come first.
    private const byte Alert = 21;
    private const byte Handshake = 22;

    private const int MaxShown = 16;

    /// <summary>
    /// Throws if the bytes are not TLS. Otherwise, a handshake with a short line of text would fail only by its timeout.
    /// </summary>
    public static void ThrowIfNotTls(TlsStream tls, in ReadOnlySequence<byte> first)
    {
        if (first.FirstSpan[0] is Handshake or Alert)
            return;
        var start = first.Slice(0, Math.Min(first.Length, MaxShown)).ToArray();
        tls.PlainText = tls.Role is TlsRole.Client
            ? new($"the server answered in plain text, not TLS ({DescribeStart(start)}): it has no TLS on this port")
            : start.AsSpan().StartsWith("PROXY "u8)
                ? new(
                    "the peer sent plain text, not TLS (a PROXY header): read the header before TLS",
                    "UseProxyProtocol")
                : new($"the peer sent plain text, not TLS ({DescribeStart(start)}): it must use TLS on this port");
        throw new TlsException(TlsFailure.PlainText, tls.PlainText, innerException: null);
    }

    private static string DescribeStart(ReadOnlySpan<byte> start)
    {
        var line = start.IndexOfAny((byte)'\r', (byte)'\n') is >= 0 and var end ? start[..end] : start;
        var shown = FirstBytes.Quote(line);
        return FirstBytes.IsHttp(line) || line.StartsWith("HTTP/"u8) ? $"HTTP: {shown}"
            : $"it starts with {shown}";
    }
}
