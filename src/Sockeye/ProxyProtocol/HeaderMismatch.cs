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
            _ => "other data",
        };
        return $"{what} came instead of a PROXY header ({FirstBytes.Quote(bytes)})";
    }
}
