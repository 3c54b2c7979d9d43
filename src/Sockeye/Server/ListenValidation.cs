using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>Checks the endpoints of a server before any is bound.</summary>
internal static class ListenValidation
{
    public static void ThrowIfInvalid(IReadOnlyList<ListenOptions> listens)
    {
        if (listens.Count == 0)
        {
            throw new InvalidOperationException(
                "The server has no endpoint: call ListenLocalhost, ListenAnyIP, Listen or ListenUnixSocket on its options.");
        }

        foreach (var listen in listens)
            ThrowIfInvalid(listen);

        for (var i = 0; i < listens.Count; i++)
        {
            foreach (var earlier in listens.Take(i))
            {
                if (Overlaps(earlier, listens[i]))
                {
                    throw new InvalidOperationException(
                        $"{earlier} and {listens[i]} are the same port: give each endpoint its own, or remove one of them.");
                }
            }
        }
    }

    /// <summary>Checks one endpoint.</summary>
    public static void ThrowIfInvalid(ListenOptions listen)
    {
        MiddlewareOrder.ThrowIfInvalid(listen);
        ThrowIfAddressless(listen);
    }

    /// <summary>Refuses limits by address on a Unix socket without PROXY headers, where clients have no address.</summary>
    private static void ThrowIfAddressless(ListenOptions listen)
    {
        if (listen.EndPoint is not UnixDomainSocketEndPoint
            || listen.Middleware.Any(one => one.Stage is MiddlewareStage.ProxyProtocol)
            || listen.Middleware.FirstOrDefault(one => one.Stage is MiddlewareStage.AddressLimit) is not { } byAddress)
            return;
        throw new InvalidOperationException(
            $"{byAddress.Method} cannot work on {listen}: clients of a Unix socket have no address. Remove it, or read the "
                + "address from a PROXY header (UseProxyProtocol).");
    }

    /// <summary>Whether both endpoints need the same port.</summary>
    public static bool Overlaps(ListenOptions one, ListenOptions other) =>
        EndPoints(other).Any(endpoint => Overlaps(one, endpoint));

    /// <inheritdoc cref="Overlaps(ListenOptions, ListenOptions)"/>
    public static bool Overlaps(ListenOptions one, EndPoint other) => EndPoints(one).Any(endpoint => (endpoint, other) switch
    {
        (IPEndPoint a, IPEndPoint b) => a.Port == b.Port && a.Port != 0
            && (a.Address.Equals(b.Address) || Covers(a.Address, b.Address) || Covers(b.Address, a.Address)),
        var (a, b) => a.Equals(b),
    });

    private static EndPoint[] EndPoints(ListenOptions listen) => listen is { IsLocalhost: true, EndPoint: IPEndPoint v4 }
        ? [v4, new IPEndPoint(IPAddress.IPv6Loopback, v4.Port)]
        : [listen.EndPoint];

    // The dual-stack any-address takes the port of both families.
    private static bool Covers(IPAddress any, IPAddress address) =>
        any.Equals(IPAddress.IPv6Any) || (any.Equals(IPAddress.Any) && address.AddressFamily is AddressFamily.InterNetwork);
}
