using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>Finds the sockets of each endpoint of a server, by address.</summary>
internal static class SystemdMatch
{
    /// <summary>Returns the sockets of endpoints. A socket belongs to one endpoint at most.</summary>
    /// <param name="endpoints">The endpoints, and the addresses that each of them binds.</param>
    /// <param name="sockets">The sockets that listen.</param>
    public static IEnumerable<(ListenOptions Listen, EndPoint Wanted, IReadOnlyList<SystemdSocket> Sockets)> Find(
        IReadOnlyList<ListenOptions> endpoints, IReadOnlyList<SystemdSocket> sockets)
    {
        List<SystemdSocket> left = [.. sockets];
        List<(ListenOptions Listen, EndPoint Wanted)> wanted = [.. endpoints.SelectMany(ToAddresses)];
        // The same address first, then one that covers it, and at last a free port for port 0, which is satisfied by any.
        foreach (Func<EndPoint, SystemdSocket, bool> isMatch in (Func<EndPoint, SystemdSocket, bool>[])[IsSame, Covers])
        {
            foreach (var one in wanted.ToList())
            {
                var found = left.Where(socket => isMatch(one.Wanted, socket)).ToList();
                if (found.Count == 0)
                    continue;
                wanted.Remove(one);
                left.RemoveAll(found.Contains);
                yield return (one.Listen, one.Wanted, found);
            }
        }

        foreach (var one in wanted)
        {
            if (one.Wanted is not IPEndPoint { Port: 0 } free
                || left.Find(socket => socket.EndPoint is IPEndPoint ip && ip.Address.Equals(free.Address)) is not { } first)
                continue;
            var found = left.Where(socket => Equals(socket.EndPoint, first.EndPoint)).ToList();
            left.RemoveAll(found.Contains);
            yield return (one.Listen, one.Wanted, found);
        }
    }

    private static IEnumerable<(ListenOptions Listen, EndPoint Wanted)> ToAddresses(ListenOptions listen)
    {
        yield return (listen, listen.EndPoint);
        if (listen is { IsLocalhost: true, EndPoint: IPEndPoint { Port: not 0 } v4 })
            yield return (listen, new IPEndPoint(IPAddress.IPv6Loopback, v4.Port));
    }

    private static bool IsSame(EndPoint wanted, SystemdSocket socket) =>
        wanted is UnixDomainSocketEndPoint unix && socket.EndPoint is UnixDomainSocketEndPoint listening
            ? FullPath(unix) == FullPath(listening)
            : wanted.Equals(socket.EndPoint);

    /// <summary>The wildcard of one family stands for that of the other: the administrator has chosen the socket. All addresses
    /// of IPv6 without those of IPv4 are completed by a second socket.</summary>
    private static bool Covers(EndPoint wanted, SystemdSocket socket) =>
        wanted is IPEndPoint { Port: > 0 } ip && socket.EndPoint is IPEndPoint other && ip.Port == other.Port
        && IsWildcard(ip.Address) && IsWildcard(other.Address)
        && (ip.AddressFamily == other.AddressFamily || ip.AddressFamily is AddressFamily.InterNetworkV6
            || socket.Listener!.IsDualMode);

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    // An abstract name begins with "@" in .NET, and is not a path.
    private static string FullPath(UnixDomainSocketEndPoint endpoint) =>
        endpoint.ToString() is var path && path.StartsWith('@') ? path : Path.GetFullPath(path);
}
