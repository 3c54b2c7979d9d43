using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>What callers dial, in the form that a client goes on with.</summary>
internal static class HostNames
{
    /// <summary>What a host and a port mean: an address ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0") or else a name.</summary>
    /// <exception cref="ArgumentException">It is neither, or there is no such port.</exception>
    public static EndPoint ToEndPoint(string host, int port)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        if (port is < 1 or > IPEndPoint.MaxPort)
            throw new ArgumentOutOfRangeException(nameof(port), port, $"A port to connect to is 1 to 65535 ({host}).");
        if (HostText.Parse(host, out var address) is { } problem)
            throw new ArgumentException($"{problem}; the port is an argument of its own.", nameof(host));
        return address is null ? new DnsEndPoint(host, port) : new IPEndPoint(address, port);
    }

    /// <summary>Returns an endpoint that can be connected to: a name that is an address becomes one, and addresses take the
    /// form that sockets use. Other kinds of endpoint are left to the transport.</summary>
    /// <exception cref="ArgumentException">It cannot be connected to.</exception>
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
                $"Cannot connect to {DisplayText.Format(name)}: it is an address of another family than "
                    + $"{name.AddressFamily}, which was asked for.", nameof(endpoint));
        }

        return EndPoints.ToConnect(new IPEndPoint(address, name.Port));
    }
    /// <inheritdoc cref="HostText.Normalize"/>
    public static string ToAscii(string name) => HostText.Normalize(name);

    /// <summary>The name as people read it, as .NET gives it to the callbacks of TLS.</summary>
    public static string ToUnicode(string name)
    {
        try
        {
            return new IdnMapping().GetUnicode(name);
        }
        catch (ArgumentException)
        {
            return name; // Not in Punycode.
        }
    }

    /// <summary>As certificates have it: IPv6 without brackets and interface, IPv4 unmapped, a name in ASCII.</summary>
    public static string ForCertificate(string host)
    {
        var plain = host is ['[', .. var inner, ']'] ? inner : host;
        if (plain.Contains(':', StringComparison.Ordinal))
            plain = plain.Split('%')[0];
        return HostText.Parse(plain, out var address) is null && address is not null ? $"{address}" : ToAscii(host);
    }
}
