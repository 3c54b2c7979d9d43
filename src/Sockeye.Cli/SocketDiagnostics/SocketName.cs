using System.Buffers.Binary;
using System.Net;

namespace Sockeye.Cli;

/// <summary>An address and a port. An IPv4 address is in the IPv4-mapped form of IPv6, so that one comparison serves
/// both.</summary>
internal readonly record struct SocketName(UInt128 Address, ushort Port, uint Interface = 0)
{
    private static readonly UInt128 MappedPrefix = (UInt128)0xffff << 32;

    public bool IsIPv4 => Address >> 32 == 0xffff;

    public bool IsUnspecified => Address == 0 || Address == MappedPrefix;

    public static SocketName From(IPEndPoint endpoint)
    {
        Span<byte> bytes = stackalloc byte[16];
        endpoint.Address.MapToIPv6().TryWriteBytes(bytes, out _);
        return new(BinaryPrimitives.ReadUInt128BigEndian(bytes), (ushort)endpoint.Port);
    }

    /// <summary>Returns the name of a listener on every address of a port: [::], which may serve both families, or
    /// 0.0.0.0.</summary>
    public static SocketName Any(ushort port, bool isIPv4) => new(isIPv4 ? MappedPrefix : 0, port);

    /// <summary>Reads the 16 bytes of an address of <c>inet_diag_sockid</c>; IPv4 uses the first four.</summary>
    public static SocketName Read(ReadOnlySpan<byte> address, bool isIPv4, ushort port, uint networkInterface) => new(
        isIPv4
            ? MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(address)
            : BinaryPrimitives.ReadUInt128BigEndian(address),
        port,
        networkInterface);

    public IPEndPoint ToEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        var address = IsIPv4 ? new IPAddress(bytes[12..]) : new IPAddress(bytes);
        if (address.IsIPv6LinkLocal)
            address.ScopeId = Interface;
        return new(address, Port);
    }

    public override string ToString() => ToEndPoint().ToString();
}
