using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>Converts the targets of callers to the endpoints that a client connects to.</summary>
internal static class HostNames
{
    /// <summary>
    /// Creates an endpoint of a host, which is an address ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0") or a name, and a port.
    /// </summary>
    /// <exception cref="ArgumentException">The host is neither, or the port is out of range.</exception>
    public static EndPoint ToEndPoint(string host, int port)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        if (port is < 1 or > IPEndPoint.MaxPort)
            throw new ArgumentOutOfRangeException(nameof(port), port, $"A port to connect to is 1 to 65535 ({host}).");
        if (HostText.Parse(host, out var address) is { } problem)
            throw new ArgumentException($"{problem}; the port is a separate argument.", nameof(host));
        return address is null ? new DnsEndPoint(host, port) : new IPEndPoint(address, port);
    }

    /// <summary>
    /// Normalizes an endpoint: a name that is an address becomes an <see cref="IPEndPoint"/>, and an address takes the form that
    /// sockets use. Other kinds of endpoint are returned unchanged, for the transport to check.
    /// </summary>
    /// <exception cref="ArgumentException">The endpoint is not one to connect to.</exception>
    public static EndPoint Normalize(EndPoint endpoint)
    {
        if (endpoint is not DnsEndPoint name)
            return EndPoints.ToConnect(endpoint);
        if (HostText.Parse(name.Host, out var address) is { } problem)
            throw new ArgumentException($"Cannot connect to {DisplayText.Format(name)}: {problem}.", nameof(endpoint));
        if (address is null)
        {
            return name.Port != 0
                ? name
                : throw new ArgumentException(EndPoints.DescribeMissingPort(DisplayText.Format(name)), nameof(endpoint));
        }

        if (name.AddressFamily is not AddressFamily.Unspecified && name.AddressFamily != address.AddressFamily)
        {
            throw new ArgumentException(
                $"Cannot connect to {DisplayText.Format(name)}: its address family is not "
                    + $"{name.AddressFamily}, as requested.", nameof(endpoint));
        }

        return EndPoints.ToConnect(new IPEndPoint(address, name.Port));
    }
    /// <inheritdoc cref="HostText.Normalize"/>
    public static string ToAscii(string name) => HostText.Normalize(name);

    /// <summary>Converts a name to Unicode, the form in which .NET passes it to the callbacks of TLS.</summary>
    public static string ToUnicode(string name)
    {
        try
        {
            return new IdnMapping().GetUnicode(name);
        }
        catch (ArgumentException)
        {
            return name; // The name is not valid Punycode.
        }
    }

    /// <summary>
    /// Converts a host to the form that certificates use: IPv6 without brackets and interface, IPv4 unmapped, a name in ASCII.
    /// </summary>
    public static string ForCertificate(string host)
    {
        var plain = host is ['[', .. var inner, ']'] ? inner : host;
        if (plain.Contains(':', StringComparison.Ordinal))
            plain = plain.Split('%')[0];
        return HostText.Parse(plain, out var address) is null && address is not null ? $"{address}" : ToAscii(host);
    }
}
