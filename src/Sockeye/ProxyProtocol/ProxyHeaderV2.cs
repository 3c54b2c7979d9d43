using System.Buffers;
using System.Buffers.Binary;

namespace Sockeye;

/// <summary>Version 2 (PROXY protocol, section 2.2).</summary>
/// <remarks>
/// <code>
///  +---------------------------+---------------+-------------------+-----------+-----------------------+--------+
///  | 0D0A0D0A 000D0A51 5549540A| version: 2 and| family, transport | length: 2 | addresses: 0, 12, 36, | TLVs … |
///  |                           | command       |                   |           | 216                   |        |
///  +---------------------------+---------------+-------------------+-----------+-----------------------+--------+
///                                                                              |&lt;- length ----------------------&gt;|
/// </code>
/// With the command LOCAL, and without a family or a transport, the addresses are ignored. TLVs are used if the bytes parse as
/// TLVs: proxies send them, but may send something else.
/// </remarks>
internal static class ProxyHeaderV2
{
    public const int FixedLength = 16;

    public const int MaxLength = FixedLength + ushort.MaxValue;

    private const int StreamTransport = 1;
    private const int DatagramTransport = 2;

    public static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <param name="input">All received bytes.</param>
    /// <param name="start">The first bytes in one piece, at least the fixed part if it has arrived.</param>
    /// <param name="maxLength">The maximum length in bytes.</param>
    public static ProxyParse Parse(in ReadOnlySequence<byte> input, ReadOnlySpan<byte> start, int maxLength)
    {
        if (start.Length > 12 && start[12] >> 4 != 2)
            return ProxyParse.Invalid($"the version of the binary PROXY header is {start[12] >> 4}, and only 2 is known");
        if (start.Length > 12 && (start[12] & 0xF) > 1)
            return ProxyParse.Invalid($"the command of the PROXY header is {start[12] & 0xF}, neither LOCAL (0) nor PROXY (1)");
        if (start.Length < FixedLength)
            return ProxyParse.NeedMore;

        var fields = Fields.Read(start);
        if (fields.GetError() is { } wrong)
            return ProxyParse.Invalid(wrong);
        if (fields.Length > maxLength)
            return ProxyParse.Invalid($"the PROXY header says that it has {fields.Length} bytes, and the maximum is {maxLength}");
        if (input.Length < fields.Length)
            return ProxyParse.NeedMore;
        return Read(fields, input.FirstSpan.Length >= fields.Length
            ? input.FirstSpan[..fields.Length]
            : input.Slice(0, fields.Length).ToArray());
    }

    private static ProxyParse Read(Fields fields, ReadOnlySpan<byte> bytes)
    {
        var size = ProxyAddresses.GetSize(fields.Family);
        var isWhole = bytes.Length >= FixedLength + size;
        var block = isWhole ? bytes[(FixedLength + size)..].ToArray() : [];
        var isRead = ProxyTlvs.TryRead(block, out var tlvs, out var checksumAt);
        if (fields.HasAddresses && !isRead)
            return ProxyParse.Invalid("the TLVs of the PROXY header do not fit into it");
        if (ProxyTlvs.Validate(tlvs) is { } error)
        {
            if (fields.HasAddresses)
                return ProxyParse.Invalid($"the PROXY header is damaged: {error}");
            (tlvs, checksumAt) = ([], -1); // Other data that happens to parse as TLVs.
        }

        if (checksumAt >= 0 && isRead && !HasValidChecksum(bytes, FixedLength + size + checksumAt))
            return ProxyParse.Invalid("the PROXY header is damaged: its CRC32C does not match its bytes");

        var (source, destination) = fields.HasAddresses ? ProxyAddresses.Read(fields.Family, bytes[FixedLength..]) : default;
        return ProxyParse.Done(
            new() { IsLocal = fields.IsLocal, Source = source, Destination = destination, Tlvs = tlvs }, bytes.Length);
    }

    private static bool HasValidChecksum(ReadOnlySpan<byte> bytes, int checksumAt) =>
        ProxyTlvs.ComputeChecksum(bytes, checksumAt) == BinaryPrimitives.ReadUInt32BigEndian(bytes[checksumAt..]);

    private readonly record struct Fields(bool IsLocal, ProxyFamily Family, int Transport, int Length)
    {
        public bool HasAddresses => !IsLocal && Family is not ProxyFamily.Unspecified && Transport == StreamTransport;

        public static Fields Read(ReadOnlySpan<byte> start) => new(
            (start[12] & 0xF) == 0, (ProxyFamily)(start[13] >> 4), start[13] & 0xF,
            FixedLength + BinaryPrimitives.ReadUInt16BigEndian(start[14..]));

        public string? GetError()
        {
            if (IsLocal)
                return null; // The rest is skipped.
            if (Family > ProxyFamily.Unix)
                return $"the address family of the PROXY header is {(int)Family}, and 0 to 3 are known";
            if (Transport is DatagramTransport)
                return "the PROXY header is of a datagram (UDP), and this is a connection";
            if (Transport > DatagramTransport)
                return $"the transport of the PROXY header is {Transport}, and 0 to 2 are known";
            var size = ProxyAddresses.GetSize(Family);
            return HasAddresses && Length < FixedLength + size
                ? $"the PROXY header has {Length - FixedLength} bytes for addresses that take {size}"
                : null;
        }
    }
}
