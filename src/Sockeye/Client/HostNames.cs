using System.Net;

namespace Sockeye;

/// <summary>Hosts as callers write them.</summary>
internal static class HostNames
{
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
}
