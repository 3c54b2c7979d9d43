using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>The address family of a header of version 2, as on the wire.</summary>
internal enum ProxyFamily
{
    Unspecified = 0,
    V4 = 1,
    V6 = 2,
    Unix = 3,
}

/// <summary>The addresses of version 2.</summary>
/// <remarks>
/// <code>
///  +--------------------+--------------------+---------+---------+
///  | source: 4, 16      | destination: 4, 16 | port: 2 | port: 2 |      IPv4, IPv6
///  +--------------------+--------------------+---------+---------+
///  | source: 108        | destination: 108   |                          Unix: see UnixPathIn
///  +--------------------+--------------------+
/// </code>
/// </remarks>
internal static class ProxyAddresses
{
    private const int UnixLength = UnixPathEndPoint.MaxLength;

    public static int GetSize(ProxyFamily family) => family switch
    {
        ProxyFamily.V4 => 12,
        ProxyFamily.V6 => 36,
        ProxyFamily.Unix => 2 * UnixLength,
        _ => 0,
    };

    /// <summary>Converts IPv4-mapped addresses to IPv4, so that address rules apply regardless of how the proxy
    /// listens.</summary>
    public static IPEndPoint Unmap(IPAddress address, int port) =>
        new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);

    public static (EndPoint? Source, EndPoint? Destination) Read(ProxyFamily family, ReadOnlySpan<byte> block)
    {
        if (family is ProxyFamily.Unix)
        {
            return (UnixPathEndPoint.Create(ReadUnixPath(block[..UnixLength])),
                UnixPathEndPoint.Create(ReadUnixPath(block.Slice(UnixLength, UnixLength))));
        }

        var size = family is ProxyFamily.V4 ? 4 : 16;
        var ports = block[(2 * size)..];
        return (Unmap(new(block[..size]), BinaryPrimitives.ReadUInt16BigEndian(ports)),
            Unmap(new(block.Slice(size, size)), BinaryPrimitives.ReadUInt16BigEndian(ports[2..])));
    }

    /// <summary>Returns both as addresses of one family; null if they are not IP addresses.</summary>
    /// <exception cref="InvalidOperationException">One is missing, or has another type.</exception>
    public static (IPEndPoint Source, IPEndPoint Destination)? TryGetPair(ProxyHeader header)
    {
        var (source, destination) = (header.Source, header.Destination);
        if (source is IPEndPoint from && destination is IPEndPoint to)
            return from.AddressFamily == to.AddressFamily ? (from, to) : (ToV6(from), ToV6(to));
        if ((source is null || UnixPathEndPoint.IsUnix(source)) && (destination is null || UnixPathEndPoint.IsUnix(destination)))
            return null;
        throw new InvalidOperationException(
            "A PROXY header has two IP endpoints, two Unix sockets or none, not "
            + $"{Describe(source)} as its source and {Describe(destination)} as its destination.");
    }

    public static ProxyFamily GetFamily(ProxyHeader header) =>
        header.IsLocal ? ProxyFamily.Unspecified
        : TryGetPair(header) is { } pair
            ? pair.Source.AddressFamily is AddressFamily.InterNetwork ? ProxyFamily.V4 : ProxyFamily.V6
        : header.HasAddresses ? ProxyFamily.Unix
        : ProxyFamily.Unspecified;

    /// <summary>Writes both into a block of zeros.</summary>
    public static void Write(ProxyHeader header, ProxyFamily family, Span<byte> block)
    {
        if (family is ProxyFamily.Unix)
        {
            WriteUnix(header.Source, block[..UnixLength]);
            WriteUnix(header.Destination, block.Slice(UnixLength, UnixLength));
        }
        else if (TryGetPair(header) is (var source, var destination) && family is not ProxyFamily.Unspecified)
        {
            source.Address.TryWriteBytes(block, out var size);
            destination.Address.TryWriteBytes(block[size..], out _);
            BinaryPrimitives.WriteUInt16BigEndian(block[(2 * size)..], (ushort)source.Port);
            BinaryPrimitives.WriteUInt16BigEndian(block[((2 * size) + 2)..], (ushort)destination.Port);
        }
    }

    private static IPEndPoint ToV6(IPEndPoint endpoint) => new(endpoint.Address.MapToIPv6(), endpoint.Port);

    private static string Describe(EndPoint? endpoint) =>
        endpoint is null ? "nothing" : $"the {endpoint.GetType().Name} {endpoint}";

    /// <summary>Reads a path, which ends with NUL or fills the field. A name that starts with NUL is an abstract name of Linux,
    /// which may contain more NULs, and is padded with them.</summary>
    private static ReadOnlySpan<byte> ReadUnixPath(ReadOnlySpan<byte> field) =>
        field[0] == 0 ? field.TrimEnd((byte)0) : field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field;

    private static void WriteUnix(EndPoint? endpoint, Span<byte> field)
    {
        // .NET prints both an abstract name and a path that starts with "@" as "@name"; the socket address distinguishes them.
        if (endpoint?.Serialize() is { } address)
            address.Buffer.Span[2..Math.Min(address.Size, 2 + field.Length)].CopyTo(field);
    }
}
