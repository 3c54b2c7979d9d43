using System.Buffers.Binary;

namespace Sockeye;

/// <summary>The checksum of IP and TCP: the complement of the sum of all 16-bit words, carries added (RFC 1071).</summary>
internal struct InternetChecksum
{
    private ulong _sum;

    /// <summary>Adds bytes. Only the last of several calls may add an odd number of bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        // 32-bit words give the same sum, because the carries are added at the end.
        for (; bytes.Length >= 4; bytes = bytes[4..])
            _sum += BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (bytes.Length >= 2)
        {
            _sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
            bytes = bytes[2..];
        }

        if (bytes.Length == 1)
            _sum += (ulong)bytes[0] << 8;
    }

    public void Add(uint value) => _sum += value;

    public readonly ushort Finish()
    {
        var sum = _sum;
        while (sum > ushort.MaxValue)
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        return (ushort)~sum;
    }
}
