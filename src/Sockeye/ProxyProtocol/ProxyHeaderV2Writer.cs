using System.Buffers;
using System.Buffers.Binary;

namespace Sockeye;

/// <summary>Writes version 2; <see cref="ProxyHeaderV2"/> has a drawing of it.</summary>
internal static class ProxyHeaderV2Writer
{
    public static void Write(ProxyHeader header, IBufferWriter<byte> output)
    {
        var family = ProxyAddresses.GetFamily(header);
        var addresses = ProxyAddresses.GetSize(family);
        var tlvs = header.Tlvs.Sum(tlv => (long)ProxyTlvs.HeaderLength + tlv.Value.Length);
        var length = ProxyHeaderV2.FixedLength + addresses + tlvs;
        if (length > ProxyHeaderV2.MaxLength)
            throw CreateUnwritableError($"it would have {length} bytes, and the maximum is {ProxyHeaderV2.MaxLength}");
        if (ProxyTlvs.Validate(header.Tlvs) is { } wrong)
            throw CreateUnwritableError(wrong);

        var bytes = new byte[length];
        ProxyHeaderV2.Signature.CopyTo(bytes);
        bytes[12] = (byte)(header.IsLocal ? 0x20 : 0x21);
        bytes[13] = (byte)(family is ProxyFamily.Unspecified ? 0 : ((int)family << 4) | 1);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(14), (ushort)(length - ProxyHeaderV2.FixedLength));
        ProxyAddresses.Write(header, family, bytes.AsSpan(ProxyHeaderV2.FixedLength, addresses));
        WriteTlvs(header.Tlvs, bytes, ProxyHeaderV2.FixedLength + addresses);
        output.Write(bytes);
    }

    private static void WriteTlvs(IReadOnlyList<ProxyTlv> tlvs, Span<byte> header, int at)
    {
        var checksumAt = -1;
        foreach (var (type, value) in tlvs)
        {
            if ((int)type is < 0 or > byte.MaxValue)
                throw CreateUnwritableError($"the type of a TLV is {(int)type}, and a type is 0 to 255");
            header[at] = (byte)type;
            BinaryPrimitives.WriteUInt16BigEndian(header[(at + 1)..], (ushort)value.Length);
            at += ProxyTlvs.HeaderLength;
            value.Span.CopyTo(header[at..]);
            if (type is ProxyTlvType.Checksum)
                checksumAt = at;
            at += value.Length;
        }

        // The checksum covers everything, so it is computed last.
        if (checksumAt >= 0)
            BinaryPrimitives.WriteUInt32BigEndian(header[checksumAt..], ProxyTlvs.ComputeChecksum(header, checksumAt));
    }

    private static InvalidOperationException CreateUnwritableError(string reason) =>
        new($"The PROXY header cannot be written: {reason}.");
}
