using System.Net;
using System.Net.Sockets;

namespace Sockeye.Cli;

/// <summary>Converts the endpoints of <c>sockeye connect</c>.</summary>
internal static class ConnectAddresses
{
    public static EndPoint GetTarget(EndPointText target) => target.EndPoint ?? new DnsEndPoint(target.Host, target.Port);

    /// <summary>The local address to connect from, of the target's family; IPv4 if the target is a name.</summary>
    public static async Task<IPEndPoint> GetLocalAsync(EndPointText local, EndPointText target)
    {
        if (target.Kind is EndPointKind.Unix)
            throw new CommandException(ExitCodes.WrongUse, $"--local {local} has no meaning with {target}: leave it out.");
        var isIPv6 = target.EndPoint is IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 };
        var family = isIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        return local.Kind switch
        {
            EndPointKind.Localhost => new(isIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, local.Port),
            EndPointKind.Any => new(isIPv6 ? IPAddress.IPv6Any : IPAddress.Any, local.Port),
            EndPointKind.Name => new(await ResolveAsync(local, family), local.Port),
            _ => (IPEndPoint)local.EndPoint!,
        };
    }

    private static async Task<IPAddress> ResolveAsync(EndPointText local, AddressFamily family)
    {
        try
        {
            return (await Dns.GetHostAddressesAsync(HostText.ToAscii(local.Host), family))[0];
        }
        catch (Exception e) when (e is SocketException or IndexOutOfRangeException)
        {
            throw new CommandException(ExitCodes.Failed, $"--local {local}: the name has no address that fits the target.", e);
        }
    }
}
