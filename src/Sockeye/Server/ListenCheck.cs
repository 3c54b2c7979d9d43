using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>Finds what is wrong with a server's end points before anything is bound.</summary>
internal static class ListenCheck
{
    public static void ThrowIfWrong(IReadOnlyList<ListenOptions> listens)
    {
        if (listens.Count == 0)
        {
            throw new InvalidOperationException(
                "The server has no end point: call ListenLocalhost, ListenAnyIP, Listen or ListenUnixSocket on its options.");
        }

        foreach (var listen in listens)
        {
            MiddlewareOrder.ThrowIfWrong(listen);
            ThrowIfAddressless(listen);
        }

        for (var i = 0; i < listens.Count; i++)
        {
            foreach (var earlier in listens.Take(i))
            {
                if (Overlap(earlier, listens[i]))
                {
                    throw new InvalidOperationException(
                        $"{earlier} and {listens[i]} are the same port: give each end point its own, or remove one of them.");
                }
            }
        }
    }

    /// <summary>A Unix socket tells no address, unless a proxy before it does.</summary>
    private static void ThrowIfAddressless(ListenOptions listen)
    {
        if (listen.EndPoint is not UnixDomainSocketEndPoint
            || listen.MiddlewareInOrder.Any(one => one.Stage is MiddlewareStage.ProxyProtocol)
            || listen.MiddlewareInOrder.FirstOrDefault(one => one.Stage is MiddlewareStage.AddressLimit) is not { } byAddress)
            return;
        throw new InvalidOperationException(
            $"{byAddress.Method} has nothing to go by on {listen}: clients of a Unix socket have no address. Remove it, or let a "
                + "proxy tell the address (UseProxyProtocol).");
    }

    private static bool Overlap(ListenOptions one, ListenOptions other) => (one.EndPoint, other.EndPoint) switch
    {
        (IPEndPoint a, IPEndPoint b) => a.Port == b.Port && a.Port != 0 && SharesAddress(one, other),
        var (a, b) => a.Equals(b),
    };

    private static bool SharesAddress(ListenOptions one, ListenOptions other) =>
        Addresses(one).Any(a => Addresses(other).Any(b => a.Equals(b) || Covers(a, b) || Covers(b, a)));

    private static IPAddress[] Addresses(ListenOptions listen) =>
        listen.IsLocalhost ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [((IPEndPoint)listen.EndPoint).Address];

    // The dual-stack any address takes the port of both families.
    private static bool Covers(IPAddress any, IPAddress address) =>
        any.Equals(IPAddress.IPv6Any) || (any.Equals(IPAddress.Any) && address.AddressFamily is AddressFamily.InterNetwork);
}
