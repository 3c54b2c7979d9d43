using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>The result of resolving a name in one address family.</summary>
internal sealed record HostLookup(AddressFamily Family, IReadOnlyList<IPAddress> Addresses, Exception? Error)
{
    /// <summary>The maximum number of addresses that are tried; a hostile name server could send thousands.</summary>
    private const int MaxAddresses = 64;

    /// <summary>
    /// Resolves the name by the resolver of the options, the transport, or the system. Never throws: the result has the error.
    /// </summary>
    public static async Task<HostLookup> RunAsync(
        SockeyeClientOptions options, string host, AddressFamily family, CancellationToken cancellationToken)
    {
        try
        {
            var found = (await ResolveAsync(options, host, family, cancellationToken)).Where(one => one.AddressFamily == family)
                .Distinct().ToList();
            var usable = found.Where(EndPoints.CanConnect).Take(MaxAddresses).ToList();
            // Lists of blocked names resolve them to 0.0.0.0, which would connect to this machine.
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
    /// Whether the name means the loopback addresses of both families. These names are not resolved (RFC 6761, section 6.3):
    /// hosts files that list only 127.0.0.1 are common, and would hide a server that listens on ::1.
    /// </summary>
    private static bool IsLocalhost(string host) =>
        host.TrimEnd('.') is var name
        && (name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase));
}
