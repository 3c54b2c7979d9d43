using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sockeye.Cli;

/// <summary>Options that protect a connection, for both commands, and a server, for <c>sockeye listen</c>.</summary>
internal static class ProtectionOptions
{
    public static Option<TimeSpan?> HandshakeTimeout { get; } = CommonOptions.Duration(
        "--handshake-timeout", "Maximum time for a TLS handshake or a PROXY header. Default 10s, and 5s for the header.");

    public static Option<TimeSpan?> IdleTimeout(string @default) => CommonOptions.Duration(
        "--idle-timeout", $"Close connections without traffic for this long (500ms, 30s, 5m). Default: {@default}.");

    public static Option<long?> Rate() => Parsed(
        "--rate", "rate", "Maximum bytes a second in each direction of a connection: 500k, 10M, 1Mi.",
        RateText.ParseBytes);

    public static Option<double?> AcceptRate { get; } = Parsed(
        "--accept-rate", "rate", "Average number of clients accepted a second: 100, 0.5, 30/m. Others wait in the backlog.",
        RateText.ParseConnections);

    public static Option<int?> MaxPerAddress { get; } = CommonOptions.Count(
        "--max-per-address", "Maximum connections from one IPv4 address or IPv6 /64 network; further clients are reset.");

    public static Option<NetworkList> Allow { get; } = Networks(
        "--allow", "Serve only clients of this network; repeatable. The most specific of --allow and --deny decides.");

    public static Option<NetworkList> Deny { get; } = Networks(
        "--deny", "Reset clients of this network; repeatable.");

    public static Option<NetworkList> ProxyProtocol { get; } = Networks(
        "--proxy-protocol",
        "Require a PROXY header (v1 or v2) from every client, and accept only proxies of this network; repeatable.");

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
