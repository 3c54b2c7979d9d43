using System.Buffers;

namespace Sockeye.Fuzz.Targets;

/// <summary>PROXY headers, both versions.</summary>
internal static class ProxyTarget
{
    /// <summary>Room for two Unix sockets and some TLVs; less than the longest input.</summary>
    private const int Max = 300;

    public static FuzzTarget Proxy { get; } = new("proxy", Check);

    private static void Check(byte[] input)
    {
        var whole = Parse(new(input), out var length, out var error);
        foreach (var prefix in ByteSegments.Prefixes(input))
        {
            var header = Parse(prefix, out var prefixLength, out var prefixError);
            BrokenPromiseException.Unless(
                prefixError is null || error is not null,
                $"{prefix.Length} bytes are not a header ({prefixError}), all of them are");
            // A header is one as soon as it is whole, and what is none stays none, whatever follows.
            var isWhole = whole is not null && prefix.Length >= length;
            BrokenPromiseException.Unless(
                header is not null == isWhole && (header is null || prefixLength == length),
                $"after {prefix.Length} of {length} bytes: [{header}] {prefixError}");
            if (header is not null || prefixError is not null)
                break;
        }

        BrokenPromiseException.Unless(
            length <= Max && (whole is not null || error is not null || input.Length < Max),
            $"{length} bytes, or more than the maximum in hand");
        if (whole is not null)
            CheckWritable(whole);
    }

    private static void CheckWritable(ProxyHeader header)
    {
        var output = new ArrayBufferWriter<byte>();
        header.WriteTo(output);
        var again = Parse(new(output.WrittenMemory), out var length, out var error);
        BrokenPromiseException.Unless(
            again is not null && length == output.WrittenCount && Show(again) == Show(header),
            $"[{Show(header)}] was written and came back as [{(again is null ? error : Show(again))}]");
    }

    private static ProxyHeader? Parse(ReadOnlySequence<byte> input, out long length, out string? error)
    {
        var rest = input;
        try
        {
            error = null;
            var found = ProxyHeader.TryParse(ref rest, out var header, Max);
            length = input.Length - rest.Length;
            return found ? header : null;
        }
        catch (InvalidDataException refused)
        {
            (length, error) = (0, refused.Message);
            return null;
        }
    }

    /// <summary>All that a header says; a checksum is one of other bytes once the padding is gone.</summary>
    private static string Show(ProxyHeader header) =>
        $"{header} {header.Alpn} {header.Authority} {Convert.ToHexString(header.UniqueId.Span)} {header.AwsVpcEndpointId} "
        + $"{header.Ssl?.Client} {header.Ssl?.Verify} {header.Ssl?.Version} {header.Ssl?.CommonName} {header.Ssl?.Cipher} "
        + string.Join(' ', header.Tlvs.Select(tlv => tlv.Type is ProxyTlvType.Checksum ? $"{tlv.Type}" : $"{tlv}"));
}
