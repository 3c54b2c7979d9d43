using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>Converts endpoints to the form that sockets accept and users expect.</summary>
internal static class EndPoints
{
    /// <summary>Returns an IPv4-mapped IPv6 address as IPv4, and any other endpoint unchanged. So an IPv4 peer of a dual-stack
    /// listener has an IPv4 address, and a socket of IPv4 can bind or connect to a mapped address.</summary>
    public static EndPoint? Unmap(EndPoint? endpoint) =>
        endpoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped
            ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port)
            : endpoint;

    /// <summary>Returns the endpoint for <c>connect()</c>. "Every address" as a target is this machine, as on Linux and macOS;
    /// Windows would refuse it.</summary>
    /// <exception cref="ArgumentException">TCP cannot connect to it.</exception>
    public static EndPoint ToConnect(EndPoint endpoint)
    {
        if (Unmap(endpoint) is not IPEndPoint ip)
            return endpoint;
        if (ip.Port == 0)
            throw new ArgumentException(DescribeMissingPort($"{ip}"), nameof(endpoint));
        if (DescribeTargetProblem(ip) is { } problem)
            throw new ArgumentException(problem, nameof(endpoint));
        return IsUnspecified(ip.Address)
            ? new IPEndPoint(
                ip.AddressFamily is AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, ip.Port)
            : ip;
    }

    /// <summary>Returns why TCP cannot connect to an address, whatever the port; null if it can.</summary>
    public static string? DescribeTargetProblem(EndPoint? endpoint) =>
        Unmap(endpoint) is IPEndPoint ip && DescribeNonUnicast(ip.Address) is { } kind
            ? $"Cannot connect to {ip}: {kind}, and TCP connects to one machine."
            : null;

    /// <summary>Returns why TCP cannot connect from an address; null if it can.</summary>
    public static string? DescribeSourceProblem(EndPoint? endpoint) =>
        Unmap(endpoint) is IPEndPoint ip && DescribeNonUnicast(ip.Address) is { } kind
            ? $"Cannot connect from {ip}: {kind}. Choose an address of this machine."
            : null;

    /// <summary>Returns the endpoint for <c>bind()</c> before <c>listen()</c>. A name that is an address becomes one.</summary>
    /// <exception cref="IOException">TCP cannot listen on it.</exception>
    /// <exception cref="NotSupportedException">It is a host name.</exception>
    public static EndPoint ToListen(EndPoint endpoint)
    {
        if (endpoint is DnsEndPoint name)
        {
            if (HostText.Parse(name.Host, out var address) is not null || address is null)
            {
                throw new NotSupportedException(
                    $"Cannot listen on {name.Host}:{name.Port}: a host name may have several addresses. Listen on one of "
                        + "them, or use ListenLocalhost or ListenAnyIP.");
            }

            endpoint = new IPEndPoint(address, name.Port);
        }

        if (Unmap(endpoint) is not IPEndPoint ip)
            return endpoint;
        if (DescribeNonUnicast(ip.Address) is { } kind)
        {
            throw new IOException(
                $"Cannot listen on {ip}: {kind}, and TCP has one machine at each end. Use an address of this machine.",
                new SocketException((int)SocketError.AddressNotAvailable));
        }

        return ip;
    }

    public static string DescribeMissingPort(string target) =>
        $"Cannot connect to {target}: port 0 means any free one, which only a listener can use. A port to connect to is 1 to "
            + "65535.";

    /// <summary>Whether TCP can connect to an address from a name server.</summary>
    public static bool CanConnect(IPAddress address) => !IsUnspecified(address) && DescribeNonUnicast(address) is null;

    private static bool IsUnspecified(IPAddress address) =>
        address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static string? DescribeNonUnicast(IPAddress address) =>
        address.Equals(IPAddress.Broadcast) ? "it is the broadcast address"
        : address.IsIPv6Multicast || (address.AddressFamily is AddressFamily.InterNetwork && IsMulticast(address))
            ? "it is a multicast address"
        : null;

    private static bool IsMulticast(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        return address.TryWriteBytes(bytes, out _) && bytes[0] is >= 224 and <= 239; // RFC 5771
    }
}
