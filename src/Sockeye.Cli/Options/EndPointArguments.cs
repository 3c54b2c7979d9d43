using System.Globalization;
using System.Net;

namespace Sockeye.Cli;

/// <summary>
/// Endpoints as users of other programs type them: a host and a port as two arguments, names of services as ports, several ports.
/// </summary>
internal static class EndPointArguments
{
    private const string UnixPrefix = "unix:";

    /// <summary>Returns "localhost:7000" for "localhost" and "7000", and "[::1]:7000" for "::1" and "7000".</summary>
    public static string Join(string host, string port) =>
        (host.Contains(':', StringComparison.Ordinal) && host[0] is not '[' ? $"[{host}]" : host) + ":" + port;

    /// <summary>Joins each argument that is not an endpoint with the port that follows it.</summary>
    public static IEnumerable<string> JoinPairs(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var isPair = i + 1 < arguments.Count && IsPort(arguments[i + 1]) && IsHost(arguments[i])
                && EndPointText.Parse(WithNumber(arguments[i]), out _) is null;
            yield return isPair ? Join(arguments[i], arguments[++i]) : arguments[i];
        }
    }

    /// <summary>Returns the text with the number of a service in the place of its name: "example.org:80" for
    /// "example.org:http".</summary>
    public static string WithNumber(string text)
    {
        var (host, port) = Split(text);
        return ServiceNames.FindPort(port) is { } number ? string.Create(CultureInfo.InvariantCulture, $"{host}{number}") : text;
    }

    /// <summary>
    /// Returns one text for each port of a list: "host:20" to "host:22" for "host:20-22", and "80", "443" for "http,443".
    /// Returns null and an error if a part is not a range.
    /// </summary>
    public static IReadOnlyList<string>? ExpandPorts(string text, out string? error)
    {
        error = null;
        var (host, ports) = Split(text);
        if (ports.IndexOfAny([',', '-']) < 0 || ports is ['-', ..])
            return [text];
        List<string> expanded = [];
        foreach (var part in ports.Split(','))
        {
            // A name may contain a dash.
            if (part.Split('-') is not [var first, var last] || ServiceNames.FindPort(part) is not null)
            {
                expanded.Add(host + part);
                continue;
            }

            if (!TryParsePort(first, out var from) || !TryParsePort(last, out var to) || from > to)
            {
                error = $"\"{part}\" of \"{text}\" is not a range of ports. Write it as 20-25.";
                return null;
            }

            expanded.AddRange(Enumerable.Range(from, to - from + 1)
                .Select(port => string.Create(CultureInfo.InvariantCulture, $"{host}{port}")));
        }

        return expanded;
    }

    private static bool IsHost(string word) =>
        !word.StartsWith(UnixPrefix, StringComparison.Ordinal) && !word.StartsWith("--", StringComparison.Ordinal);

    private static bool IsPort(string word) => TryParsePort(word, out _) || ServiceNames.FindPort(word) is not null;

    private static bool TryParsePort(string word, out int port) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= IPEndPoint.MaxPort;

    /// <summary>Returns the host with its colon, and the port.</summary>
    private static (string Host, string Port) Split(string text)
    {
        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal))
            return (text, "");
        var start = text.LastIndexOf(':') + 1;
        return (text[..start], text[start..]);
    }
}
