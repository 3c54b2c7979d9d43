using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>What came of asking for the addresses of one family of a name.</summary>
internal sealed record HostLookup(AddressFamily Family, IReadOnlyList<IPAddress> Addresses, Exception? Error)
{
    /// <summary>The most addresses that are tried; a hostile name server could send thousands.</summary>
    private const int MaxAddresses = 64;

    /// <summary>Asks the resolver of the options, the transport, or the system. Never fails: the error is kept.</summary>
    public static async Task<HostLookup> RunAsync(
        SockeyeClientOptions options, string host, AddressFamily family, CancellationToken cancellationToken)
    {
        try
        {
            var found = (await ResolveAsync(options, host, family, cancellationToken)).Where(one => one.AddressFamily == family)
                .Distinct().ToList();
            var usable = found.Where(EndPoints.CanConnect).Take(MaxAddresses).ToList();
            // Lists of blocked names give 0.0.0.0, which would be this machine.
            var error = found.Count > 0 && usable.Count == 0
                ? new IOException($"{found[0]} is not an address of one machine")
                : null;
            return new(family, usable, error);
        }
        catch (Exception error)
        {
            return new(family, [], error);
        }
    }

    private static async ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(
        SockeyeClientOptions options, string host, AddressFamily family, CancellationToken cancellationToken)
    {
        if (options.Resolver is { } resolver)
            return await resolver(HostText.ToAscii(host), family, cancellationToken) ?? [];
        if (options.Transport is IHostNameResolver transport)
            return await transport.ResolveAsync(host, family, cancellationToken);
        if (IsLocalhost(host))
            return [family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback];
        return await Dns.GetHostAddressesAsync(HostText.ToAscii(host), family, cancellationToken);
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
