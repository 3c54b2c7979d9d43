using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sockeye;

internal enum EndPointKind
{
    /// <summary>127.0.0.1 and ::1.</summary>
    Localhost,

    /// <summary>Every address of this machine.</summary>
    Any,

    /// <summary>One IP address.</summary>
    Address,

    /// <summary>A host name, which may have several addresses.</summary>
    Name,

    /// <summary>A Unix socket.</summary>
    Unix,
}

/// <summary>An end point as it is written on command lines and in configuration.</summary>
internal sealed class EndPointText
{
    public const string Forms = "7000 (localhost), *:7000 (every address), 127.0.0.1:7000, [::1]:7000, host:7000 or unix:/path";

    private const string UnixPrefix = "unix:";

    private EndPointText(EndPointKind kind, string host, int port, EndPoint? endPoint = null)
    {
        (Kind, Host, Port, EndPoint) = (kind, host, port, endPoint);
    }

    public EndPointKind Kind { get; }

    /// <summary>The host as it was written; the path of a Unix socket.</summary>
    public string Host { get; }

    public int Port { get; }

    /// <summary>What <see cref="EndPointKind.Address"/> and <see cref="EndPointKind.Unix"/> mean; otherwise null.</summary>
    public EndPoint? EndPoint { get; }

    public static bool TryParse(
        string text, [NotNullWhen(true)] out EndPointText? endPoint, [NotNullWhen(false)] out string? error)
    {
        endPoint = text.StartsWith(UnixPrefix, StringComparison.Ordinal)
            ? Unix(text[UnixPrefix.Length..], out error)
            : Tcp(text, out error);
        if (endPoint is not null)
            error = null;
        else
            error = $"\"{text}\" is not an end point{(error is null ? "" : $": {error}")}. Write it as {Forms}.";
        return endPoint is not null;
    }

    public override string ToString() => Kind switch
    {
        EndPointKind.Unix => UnixPrefix + Host,
        EndPointKind.Address => $"{EndPoint}",
        _ => $"{Host}:{Port}",
    };

    private static EndPointText? Unix(string path, out string? error)
    {
        error = path.Length == 0 ? "the path is missing" : null;
        if (error is not null)
            return null;
        try
        {
            return new(EndPointKind.Unix, path, 0, new UnixDomainSocketEndPoint(path));
        }
        catch (ArgumentOutOfRangeException)
        {
            error = "the path is too long for this system";
            return null;
        }
    }

    private static EndPointText? Tcp(string text, out string? error)
    {
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "localhost" : text[..colon];
        if (!TryParsePort(text[(colon + 1)..], out var port, out error))
            return null;

        if (host == "*")
            return new(EndPointKind.Any, host, port);
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return new(EndPointKind.Localhost, host, port);
        if (host is ['[', .. var inner, ']']
            && IPAddress.TryParse(inner, out var v6) && v6.AddressFamily is AddressFamily.InterNetworkV6)
        {
            return new(EndPointKind.Address, host, port, new IPEndPoint(v6, port));
        }

        // IPAddress also takes "1" and "127.1"; here those would be surprises.
        if (host.Count(c => c == '.') == 3 && IPAddress.TryParse(host, out var v4))
            return new(EndPointKind.Address, host, port, new IPEndPoint(v4, port));
        if (Uri.CheckHostName(host) is UriHostNameType.Dns)
            return new(EndPointKind.Name, host, port);
        error = host.Contains(':', StringComparison.Ordinal)
            ? "an IPv6 address stands in brackets"
            : $"\"{host}\" is neither a host name nor an address";
        return null;
    }

    private static bool TryParsePort(string text, out int port, out string? error)
    {
        var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);
        error = isNumber && port <= IPEndPoint.MaxPort ? null
            : text.Length > 0 && text.All(char.IsAsciiDigit) ? $"a port is at most {IPEndPoint.MaxPort}"
            : text.Length == 0 ? "the port is missing"
            : $"\"{text}\" is not a port";
        return error is null;
    }
}
