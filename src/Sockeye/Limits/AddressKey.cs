using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// An address as 128 bits. IPv4 is ::ffff:a.b.c.d, so that an IPv4 client has the same key on a dual-stack listener.
/// </summary>
internal static class AddressKey
{
    /// <summary>The number of bits before those of an IPv4 address.</summary>
    public const int IPv4Offset = 96;

    /// <summary>The key of a client without an address, as on a Unix socket. It is a multicast address, so no peer has
    /// it.</summary>
    public static readonly UInt128 None = UInt128.MaxValue;

    public static UInt128 FromAddress(IPAddress address, out bool isIPv4)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (address.AddressFamily is AddressFamily.InterNetwork)
        {
            isIPv4 = true;
            return new(0, 0xffff_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(bytes));
        }

        isIPv4 = address.IsIPv4MappedToIPv6;
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>Returns the prefix of the given length.</summary>
    public static UInt128 Mask(UInt128 address, int length) =>
        length == 0 ? UInt128.Zero : address & (UInt128.MaxValue << (128 - length));
}
