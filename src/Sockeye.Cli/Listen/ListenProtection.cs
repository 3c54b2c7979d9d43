using System.CommandLine;

namespace Sockeye.Cli;

/// <summary>The protection of <c>sockeye listen</c>: limits, rules for addresses, the PROXY header and TLS.</summary>
internal sealed class ListenProtection(ParseResult parsed)
{
    private static readonly Option<TimeSpan?> IdleTimeout = ProtectionOptions.CreateIdleTimeout("10m");

    private static readonly Option<double?> AcceptRate = OptionFactory.Create<double>(
        "--accept-rate", "rate",
        "Average number of clients accepted a second: 100, 0.5, 30/m. Other clients wait in the backlog.",
        RateText.ParseConnections);

    private static readonly Option<int?> MaxPerAddress = OptionFactory.CreateCount(
        "--max-per-address",
        "Maximum number of connections from one IPv4 address or IPv6 /64 network. Further clients are reset.");

    private static readonly Option<NetworkList> Allow = NetworkList.CreateOption(
        "--allow", "Serve only clients of this network. Repeatable. The most specific of --allow and --deny decides.");

    private static readonly Option<NetworkList> Deny = NetworkList.CreateOption(
        "--deny", "Reset clients of this network. Repeatable.");

    private static readonly Option<NetworkList> ProxyProtocol = NetworkList.CreateOption(
        "--proxy-protocol",
        "Require a PROXY header (v1 or v2) from every client, and accept only proxies of this network. Repeatable.");

    public static IEnumerable<Option> All =>
    [
        IdleTimeout, SilentPeerOptions.KeepAlive, SilentPeerOptions.UserTimeout, ProtectionOptions.HandshakeTimeout,
        ProtectionOptions.Rate, AcceptRate, MaxPerAddress, Allow, Deny, ProxyProtocol, .. ListenTls.All,
    ];

    public ListenTls? Tls { get; } = ListenTls.Create(parsed);

    /// <summary>Rejects limits by address on a Unix socket, whose clients have no address.</summary>
    /// <exception cref="CommandException">There is such a limit.</exception>
    public void ThrowIfAddressless(IEnumerable<EndPointText> endpoints)
    {
        Option[] options = [MaxPerAddress, Allow, Deny];
        if (endpoints.FirstOrDefault(endpoint => endpoint.Kind is EndPointKind.Unix) is not { } unix
            || options.FirstOrDefault(option => parsed.GetResult(option) is not null) is not { } byAddress
            || parsed.GetResult(ProxyProtocol) is not null)
            return;
        throw new CommandException(
            ExitCodes.WrongUse,
            $"{byAddress.Name} has nothing to go by on {unix}: clients of a Unix socket have no address. Leave it out, or let a "
                + "proxy report the address (--proxy-protocol).");
    }

    /// <summary>Adds the steps in the only order that the library accepts.</summary>
    public void AddTo(ListenPipeline pipeline)
    {
        pipeline.Add(IdleTimeout, (listen, timeout) => listen.UseIdleTimeout(timeout));
        pipeline.Add(AcceptRate, (listen, rate) => listen.UseAcceptRateLimit(rate));
        if (parsed.GetValue(ProxyProtocol) is { Count: > 0 } proxies)
            pipeline.Add(ProxyProtocol, listen => UseProxyProtocol(listen, proxies));
        AddRules(pipeline);
        pipeline.Add(MaxPerAddress, (listen, max) => listen.UseAddressLimit(max));
        Tls?.AddTo(pipeline);
        pipeline.Add(ProtectionOptions.Rate, (listen, rate) => listen.UseBandwidthLimit(receive: rate, send: rate));
    }

    private void UseProxyProtocol(ListenOptions listen, NetworkList proxies) => listen.UseProxyProtocol(proxy =>
    {
        foreach (var network in proxies)
            proxy.TrustedProxies.Add(network);
        proxy.HeaderTimeout = parsed.GetValue(ProtectionOptions.HandshakeTimeout) ?? proxy.HeaderTimeout;
    });

    private void AddRules(ListenPipeline pipeline)
    {
        var allow = parsed.GetValue(Allow) ?? [];
        var deny = parsed.GetValue(Deny) ?? [];
        if (allow.Count + deny.Count == 0)
            return;
        var rules = new AddressRules();
        foreach (var network in allow)
            rules.Allow(network);
        foreach (var network in deny)
            rules.Deny(network);
        pipeline.Add($"{Allow.Name}, {Deny.Name}", listen => listen.UseAddressRules(rules));
    }
}
