using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>Host names, as callers write them and as they resolve.</summary>
internal static class HostNames
{
    private static IReadOnlyList<IPAddress> IPv6Loopback => Socket.OSSupportsIPv6 ? [IPAddress.IPv6Loopback] : [];

    /// <summary>What a host and a port mean: an address ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0") or else a name.</summary>
    public static EndPoint ToEndPoint(string host, int port)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        if (port is < 1 or > IPEndPoint.MaxPort)
            throw new ArgumentOutOfRangeException(nameof(port), port, $"A port to connect to is 1 to 65535 ({host}).");

        // IPAddress would take "[::1]:80" and drop the port.
        var literal = host is ['[', .. var inner, ']'] ? inner : host;
        if (!literal.Contains('[', StringComparison.Ordinal) && IPAddress.TryParse(literal, out var address))
            return new IPEndPoint(address, port);
        if (host.AsSpan().ContainsAny("[]:/ "))
        {
            throw new ArgumentException(
                $"\"{host}\" is neither a host name nor an IP address; the port is an argument of its own.", nameof(host));
        }

        return new DnsEndPoint(host, port);
    }

    /// <summary>The addresses of one family: by the resolver of the options, the transport's own names, or the system.</summary>
    public static async Task<IReadOnlyList<IPAddress>> ResolveAsync(
        SockeyeClientOptions options, string host, AddressFamily family, CancellationToken cancellationToken)
    {
        if (options.Resolver is { } resolver)
            return await resolver(host, family, cancellationToken).ConfigureAwait(false);
        if (options.Transport is IHostNameResolver transport)
            return await transport.ResolveAsync(host, family, cancellationToken).ConfigureAwait(false);
        if (IsLocalhost(host))
            return family == AddressFamily.InterNetwork ? [IPAddress.Loopback] : IPv6Loopback;
        return await Dns.GetHostAddressesAsync(host, family, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// These names are the loopback addresses of both families whatever name servers and hosts files say (RFC 6761, section
    /// 6.3): files that list only 127.0.0.1 are common, and would hide a server that listens on ::1.
    /// </summary>
    private static bool IsLocalhost(string host) =>
        host.TrimEnd('.') is var name
        && (name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase));
}
