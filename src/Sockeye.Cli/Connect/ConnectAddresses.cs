using System.CommandLine;
using System.Net;
using System.Net.Sockets;

namespace Sockeye.Cli;

/// <summary>Converts the endpoints of <c>sockeye connect</c>.</summary>
internal static class ConnectAddresses
{
    public static EndPoint GetTarget(EndPointText target, AddressFamily family)
    {
        FamilyOptions.ThrowIfOther(family, target);
        return target.EndPoint ?? new DnsEndPoint(target.Host, target.Port, family);
    }

    /// <summary>Returns the local endpoint of each socket; null if the system chooses it. Those with a port have consecutive
    /// ones.</summary>
    public static async Task<IPEndPoint?[]> GetLocalsAsync(ParseResult parsed, EndPointText target)
    {
        var locals = new IPEndPoint?[parsed.GetValue(ConnectCommand.Sockets) ?? 1];
        if (parsed.GetValue(ConnectCommand.Local) is not { } text)
            return locals;
        var first = await GetLocalAsync(text, target, FamilyOptions.Get(parsed));
        var last = first.Port + locals.Length - 1;
        if (first.Port > 0 && last > IPEndPoint.MaxPort)
        {
            throw new CommandException(
                ExitCodes.WrongUse,
                $"--local {text} with -n {locals.Length} needs the ports {first.Port} to {last}, but a port is at most "
                    + $"{IPEndPoint.MaxPort}: choose a lower one.");
        }

        for (var i = 0; i < locals.Length; i++)
            locals[i] = new(first.Address, first.Port > 0 ? first.Port + i : 0);
        return locals;
    }

    /// <summary>The local address to connect from, of the target's family; IPv4 if the target is a name.</summary>
    private static async Task<IPEndPoint> GetLocalAsync(EndPointText local, EndPointText target, AddressFamily only)
    {
        if (target.Kind is EndPointKind.Unix)
            throw new CommandException(ExitCodes.WrongUse, $"--local {local} has no meaning with {target}: leave it out.");
        FamilyOptions.ThrowIfOther(only, local);
        var isIPv6 = only is AddressFamily.InterNetworkV6
            || target.EndPoint is IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 };
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
