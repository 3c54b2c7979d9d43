using System.Net;
using System.Net.Sockets;

namespace Sockeye.Cli;

/// <summary>An endpoint as the tool shows it.</summary>
internal static class EndPointName
{
    public static string Format(EndPoint? endpoint) => PrintableText.Escape(endpoint switch
    {
        null => "-",
        // The connecting end of a Unix socket has no path.
        { AddressFamily: AddressFamily.Unix } => $"unix:{endpoint}",
        DnsEndPoint name => $"{name.Host}:{name.Port}",
        _ => $"{endpoint}",
    });
}
