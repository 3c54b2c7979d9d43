using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sockeye.Cli;

/// <summary>What protects a connection, for both commands, and what protects a server, for <c>sockeye listen</c>.</summary>
internal static class ProtectionOptions
{
    public static Option<TimeSpan?> HandshakeTimeout { get; } = CommonOptions.Duration(
        "--handshake-timeout", "How long a TLS handshake or a PROXY header may take. Default 10s, and 5s for the header.");

    public static Option<TimeSpan?> IdleTimeout(string @default) => CommonOptions.Duration(
        "--idle-timeout", $"Close connections on which nothing moves for this long (500ms, 30s, 5m). Default: {@default}.");

    public static Option<long?> Rate() => Parsed(
        "--rate", "rate", "Bytes a second that a connection may receive, and as many that it may send: 500k, 10M, 1Mi.",
        RateText.ParseBytes);

    public static Option<double?> AcceptRate { get; } = Parsed(
        "--accept-rate", "rate", "Clients accepted a second, over time: 100, 0.5, 30/m. The others wait in the backlog.",
        RateText.ParseConnections);

    public static Option<int?> MaxPerAddress { get; } = CommonOptions.Count(
        "--max-per-address", "Connections at the same time from one IPv4 address or one IPv6 /64 network; one more is reset.");

    public static Option<NetworkList> Allow { get; } = Networks(
        "--allow", "Serve only clients of this network; may be given again. The most specific of --allow and --deny decides.");

    public static Option<NetworkList> Deny { get; } = Networks(
        "--deny", "Reset clients of this network; may be given again.");

    public static Option<NetworkList> ProxyProtocol { get; } = Networks(
        "--proxy-protocol",
        "Require a PROXY header (v1 or v2) of every client, and take it from proxies of this network only; may be given again.");

    private static Option<T?> Parsed<T>(string name, string helpName, string description, TryParse<T> parse)
        where T : struct => new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result =>
            {
                var value = parse(result.Tokens[0].Value, out var error);
                if (error is not null)
                    result.AddError($"{name}: {error}");
                return value;
            },
        };

    private static Option<NetworkList> Networks(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "network",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => ParseNetworks(name, result),
        AllowMultipleArgumentsPerToken = false,
    };

    private static NetworkList ParseNetworks(string name, ArgumentResult result)
    {
        NetworkList networks = [];
        foreach (var token in result.Tokens)
        {
            if (NetworkText.Parse(token.Value, out var error) is { } parsed)
                networks.AddRange(parsed);
            else
                result.AddError($"{name}: {error}");
        }

        return networks;
    }

    private delegate T? TryParse<T>(string text, out string? error)
        where T : struct;
}
