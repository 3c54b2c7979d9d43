using System.Net;

namespace Sockeye.Cli;

/// <summary>An end point as the tool shows it.</summary>
internal static class EndPointName
{
    public static string Of(EndPoint? endPoint) => PrintableText.Escape(endPoint switch
    {
        null => "-",
        // The connecting end of a Unix socket has no path of its own.
        _ when UnixPathEndPoint.IsUnix(endPoint) => $"unix:{endPoint}",
        DnsEndPoint name => $"{name.Host}:{name.Port}",
        _ => $"{endPoint}",
    });
}
