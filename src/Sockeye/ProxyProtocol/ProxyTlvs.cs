using System.Buffers.Binary;
using System.Numerics;

namespace Sockeye;

/// <summary>The list of TLVs.</summary>
/// <remarks>
/// <code>
///  +------+-----------+------------------+------+-----------+---
///  | type | length: 2 | value            | type | length: 2 | …
///  +------+-----------+------------------+------+-----------+---
/// </code>
/// </remarks>
internal static class ProxyTlvs
{
    public const int HeaderLength = 3;

    public const int ChecksumLength = 4;

    private const int MaxUniqueIdLength = 128;

    /// <summary>Splits bytes into TLVs, which refer to the bytes, without padding. Returns false if the bytes are not
    /// TLVs.</summary>
    /// <param name="block">The bytes.</param>
    /// <param name="tlvs">The TLVs, in order.</param>
    /// <param name="checksumAt">The offset of the first checksum's value; -1 without one.</param>
    public static bool TryRead(ReadOnlyMemory<byte> block, out IReadOnlyList<ProxyTlv> tlvs, out int checksumAt)
    {
        (tlvs, checksumAt) = ([], -1);
        if (block.IsEmpty)
            return true;

        var found = new List<ProxyTlv>();
        for (var at = 0; at < block.Length;)
        {
            if (block.Length - at < HeaderLength)
                return false;
            var type = (ProxyTlvType)block.Span[at];
            var length = BinaryPrimitives.ReadUInt16BigEndian(block.Span[(at + 1)..]);
            at += HeaderLength;
            if (block.Length - at < length)
                return false;
            if (type is ProxyTlvType.Checksum && checksumAt < 0)
                checksumAt = at;
            if (type is not ProxyTlvType.NoOp)
                found.Add(new(type, block.Slice(at, length)));
            at += length;
        }

        tlvs = found;
        return true;
    }

    /// <summary>Returns the error in a TLV with a known format; null if there is none.</summary>
    public static string? Validate(IReadOnlyList<ProxyTlv> tlvs)
    {
        var checksums = 0;
        foreach (var (type, value) in tlvs)
        {
            if (type is ProxyTlvType.UniqueId && value.Length > MaxUniqueIdLength)
                return $"its unique id has {value.Length} bytes, and the maximum is {MaxUniqueIdLength}";
            if (type is ProxyTlvType.Checksum && value.Length != ChecksumLength)
                return $"its checksum has {value.Length} bytes instead of {ChecksumLength}";
            if (type is ProxyTlvType.Checksum && ++checksums > 1)
                return "it has two checksums";
            if (type is ProxyTlvType.Ssl && ProxySslInfo.TryRead(value) is null)
                return "the TLVs inside its SSL TLV do not fit into it";
        }

        return null;
    }

    public static ReadOnlyMemory<byte>? Find(IReadOnlyList<ProxyTlv> tlvs, ProxyTlvType type)
    {
        foreach (var tlv in tlvs)
        {
            if (tlv.Type == type)
                return tlv.Value;
        }

        return null;
    }

    /// <summary>Returns text that is safe to print; the TLV has the original bytes.</summary>
    public static string? GetText(IReadOnlyList<ProxyTlv> tlvs, ProxyTlvType type) =>
        Find(tlvs, type) is { } value ? PrintableText.Escape(value.Span) : null;

    /// <summary>Computes the CRC32C (RFC 4960, appendix B) of a header, with zeros in the place of its checksum.</summary>
    public static uint ComputeChecksum(ReadOnlySpan<byte> header, int checksumAt)
    {
        var crc = Add(uint.MaxValue, header[..checksumAt]);
        crc = BitOperations.Crc32C(crc, 0u);
        return ~Add(crc, header[(checksumAt + ChecksumLength)..]);
    }

    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var one in bytes)
            crc = BitOperations.Crc32C(crc, one);
        return crc;
    }
}
