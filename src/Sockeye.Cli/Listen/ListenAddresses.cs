using System.Net;
using System.Net.Sockets;

namespace Sockeye.Cli;

/// <summary>Adds the endpoints of the command line to a server.</summary>
internal static class ListenAddresses
{
    public static async Task<IReadOnlyList<ListenOptions>> AddAsync(
        SockeyeServerOptions server, IEnumerable<EndPointText> endpoints)
    {
        List<ListenOptions> listens = [];
        foreach (var endpoint in endpoints)
            listens.AddRange(await AddAsync(server, endpoint));
        return listens;
    }

    private static async Task<IEnumerable<ListenOptions>> AddAsync(SockeyeServerOptions server, EndPointText text) =>
        text.Kind switch
        {
            EndPointKind.Localhost => [server.ListenLocalhost(text.Port)],
            EndPointKind.Any => [server.ListenAnyIP(text.Port)],
            EndPointKind.Name => [.. (await ResolveAsync(text)).Select(
                address => server.Listen(new IPEndPoint(address, text.Port)))],
            _ => [server.Listen(text.EndPoint!)],
        };

    private static async Task<IEnumerable<IPAddress>> ResolveAsync(EndPointText text)
    {
        try
        {
            var addresses = (await Dns.GetHostAddressesAsync(HostText.ToAscii(text.Host))).Where(EndPoints.CanConnect).Distinct();
            return addresses.Any() ? addresses : throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (SocketException e)
        {
            throw new CommandException(
                ExitCodes.Failed, $"cannot listen on {text}: the name has no address ({e.Message.TrimEnd('.')}).", e);
        }
    }
}
