using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

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

/// <summary>An endpoint of a command line or a configuration.</summary>
internal sealed class EndPointText
{
    private const string UnixPrefix = "unix:";

    private EndPointText(EndPointKind kind, string host, int port, EndPoint? endpoint = null)
    {
        (Kind, Host, Port, EndPoint) = (kind, host, port, endpoint);
    }

    /// <summary>Gets the forms of endpoints on this system, for messages.</summary>
    public static string Forms =>
        "7000 (localhost), *:7000 (every address), 127.0.0.1:7000, [::1]:7000"
            + (UnixPathText.SystemProblem is null ? ", host:7000 or unix:/path" : " or host:7000");

    public EndPointKind Kind { get; }

    /// <summary>The host as it was typed; the path of a Unix socket.</summary>
    public string Host { get; }

    public int Port { get; }

    /// <summary>The endpoint of <see cref="EndPointKind.Address"/> and <see cref="EndPointKind.Unix"/>; otherwise null.</summary>
    public EndPoint? EndPoint { get; }

    public static bool TryParse(
        string text, [NotNullWhen(true)] out EndPointText? endpoint, [NotNullWhen(false)] out string? error)
    {
        endpoint = Parse(text, out var reason);
        error = endpoint is null ? $"\"{text}\" is not an endpoint: {reason}. Write it as {Forms}." : null;
        return endpoint is not null;
    }

    /// <summary>Returns the endpoint. Returns null and the reason for other text.</summary>
    public static EndPointText? Parse(string text, out string? reason) => text.StartsWith(UnixPrefix, StringComparison.Ordinal)
        ? ParseUnix(text[UnixPrefix.Length..], out reason)
        : ParseTcp(text, out reason);

    public override string ToString() => Kind switch
    {
        EndPointKind.Unix => UnixPrefix + Host,
        EndPointKind.Address => $"{EndPoint}",
        _ => $"{Host}:{Port}",
    };

    /// <summary>A path that starts with @ is an abstract name, as in other programs: its first byte is NUL.</summary>
    private static EndPointText? ParseUnix(string path, out string? error)
    {
        var name = path is ['@' or '\0', .. var rest] ? rest : null;
        var endpoint = UnixPathText.Parse(name is null ? path : '\0' + name, out error);
        return endpoint is null ? null : new(EndPointKind.Unix, name is null ? path : '@' + name, 0, endpoint);
    }

    private static EndPointText? ParseTcp(string text, out string? error)
    {
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "localhost" : text[..colon];
        if (!TryParsePort(text[(colon + 1)..], out var port, out error))
            return null;

        if (host == "*")
            return new(EndPointKind.Any, host, port);
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.Equals("localhost.", StringComparison.OrdinalIgnoreCase))
            return new(EndPointKind.Localhost, host, port);
        IPAddress? address = null;
        error = host.Contains(':', StringComparison.Ordinal) && host is not ['[', .., ']']
            ? "an IPv6 address stands in brackets"
            : HostText.Parse(host, out address);
        if (error is not null)
            return null;
        return address is null
            ? new(EndPointKind.Name, host, port)
            : new(EndPointKind.Address, host, port, new IPEndPoint(address, port));
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
