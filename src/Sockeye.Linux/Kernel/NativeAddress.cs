using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>
/// An IP address and a port as the kernel returned them. It is small, and creates an <see cref="IPEndPoint"/> only on request.
/// </summary>
/// <remarks>The default, and an address that is not IP, have no endpoint (the peer of a Unix socket has no name).</remarks>
internal struct NativeAddress
{
    // Offsets in struct sockaddr_in and sockaddr_in6, ip(7) and ipv6(7). The family is in host order, the rest is not.
    private const int PortOffset = 2;
    private const int IPv4Offset = 4;
    private const int IPv6Offset = 8;
    private const int ScopeOffset = 24;
    private const int IPv6Size = 28;

    private ulong _low;
    private ulong _high;
    private uint _scope;
    private ushort _port;
    private ushort _family;

    public static NativeAddress Parse(ReadOnlySpan<byte> address)
    {
        var peer = new NativeAddress();
        if (address.Length < IPv6Offset)
            return peer;
        peer._family = MemoryMarshal.Read<ushort>(address);
        peer._port = BinaryPrimitives.ReadUInt16BigEndian(address[PortOffset..]);
        if (peer._family == Constants.FamilyIPv4)
            peer._low = MemoryMarshal.Read<uint>(address[IPv4Offset..]);
        else if (peer._family == Constants.FamilyIPv6 && address.Length >= IPv6Size)
            (peer._low, peer._high, peer._scope) = (
                MemoryMarshal.Read<ulong>(address[IPv6Offset..]),
                MemoryMarshal.Read<ulong>(address[(IPv6Offset + sizeof(ulong))..]),
                MemoryMarshal.Read<uint>(address[ScopeOffset..]));
        else
            peer._family = 0;
        return peer;
    }

    /// <summary>Creates the endpoint. An IPv4 peer of a dual-stack listener has an IPv4 address.</summary>
    public readonly IPEndPoint? ToEndPoint()
    {
        if (_family == Constants.FamilyIPv4)
            return new(new IPAddress((long)_low), _port);
        if (_family != Constants.FamilyIPv6)
            return null;
        Span<byte> bytes = stackalloc byte[2 * sizeof(ulong)];
        MemoryMarshal.Write(bytes, _low);
        MemoryMarshal.Write(bytes[sizeof(ulong)..], _high);
        var address = new IPAddress(bytes, _scope);
        return new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, _port);
    }
}
