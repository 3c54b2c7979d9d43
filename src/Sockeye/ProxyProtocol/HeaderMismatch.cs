namespace Sockeye;

/// <summary>Describes the data that came instead of a PROXY header.</summary>
internal static class HeaderMismatch
{
    private const byte TlsHandshake = 0x16;

    public static string Describe(ReadOnlySpan<byte> bytes)
    {
        var what = bytes switch
        {
            [TlsHandshake] or [TlsHandshake, 3, ..] => "a TLS ClientHello",
            _ when bytes.StartsWith("SSH-"u8) => "an SSH client",
            _ when FirstBytes.IsHttp(bytes) => "an HTTP request",
            _ => "bytes of something else",
        };
        return $"{what} came where a PROXY header has to come first ({FirstBytes.Quote(bytes)})";
    }
}
