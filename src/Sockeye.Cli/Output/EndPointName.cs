using System.Net;
using System.Net.Sockets;

namespace Sockeye.Cli;

/// <summary>An end point as the tool shows it.</summary>
internal static class EndPointName
{
    public static string Of(EndPoint? endPoint) => endPoint switch
    {
        null => "-",
        // The connecting end of a Unix socket has no path of its own.
        UnixDomainSocketEndPoint unix => unix.ToString() is { Length: > 0 } path ? $"unix:{path}" : "unix:",
        DnsEndPoint name => $"{name.Host}:{name.Port}",
        _ => $"{endPoint}",
    };
}
