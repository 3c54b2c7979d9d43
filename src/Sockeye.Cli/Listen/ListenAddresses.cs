using System.Net;
using System.Net.Sockets;

namespace Sockeye.Cli;

/// <summary>Adds the endpoints of the command line to a server.</summary>
internal static class ListenAddresses
{
    public static async Task<IReadOnlyList<ListenOptions>> AddAsync(
        SockeyeServerOptions server, IEnumerable<EndPointText> endpoints, AddressFamily family)
    {
        List<ListenOptions> listens = [];
        foreach (var endpoint in endpoints)
        {
            FamilyOptions.ThrowIfOther(family, endpoint);
            listens.AddRange(await AddAsync(server, endpoint, family));
        }

        return listens;
    }

    private static async Task<IEnumerable<ListenOptions>> AddAsync(
        SockeyeServerOptions server, EndPointText text, AddressFamily family) => (text.Kind, family) switch
        {
            (EndPointKind.Localhost, AddressFamily.Unspecified) => [server.ListenLocalhost(text.Port)],
            (EndPointKind.Localhost, AddressFamily.InterNetwork) =>
                [server.Listen(new IPEndPoint(IPAddress.Loopback, text.Port))],
            (EndPointKind.Localhost, _) => [server.Listen(new IPEndPoint(IPAddress.IPv6Loopback, text.Port))],
            (EndPointKind.Any, AddressFamily.Unspecified) => [server.ListenAnyIP(text.Port)],
            (EndPointKind.Any, AddressFamily.InterNetwork) => [server.Listen(new IPEndPoint(IPAddress.Any, text.Port))],
            (EndPointKind.Any, _) => [server.Listen(new IPEndPoint(IPAddress.IPv6Any, text.Port))],
            (EndPointKind.Name, _) => [.. (await ResolveAsync(text, family)).Select(
                address => server.Listen(new IPEndPoint(address, text.Port)))],
            _ => [server.Listen(text.EndPoint!)],
        };

    private static async Task<IEnumerable<IPAddress>> ResolveAsync(EndPointText text, AddressFamily family)
    {
        try
        {
            var addresses = (await Dns.GetHostAddressesAsync(HostText.ToAscii(text.Host), family))
                .Where(EndPoints.CanConnect).Distinct();
            return addresses.Any() ? addresses : throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (SocketException e)
        {
            throw new CommandException(
                ExitCodes.Failed, $"cannot listen on {text}: the name has no address ({e.Message.TrimEnd('.')}).", e);
        }
    }
}
