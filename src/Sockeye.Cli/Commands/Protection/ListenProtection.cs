using System.CommandLine;

namespace Sockeye.Cli;

/// <summary>Adds the protection of <c>sockeye listen</c>, in the only order that the library accepts.</summary>
internal sealed class ListenProtection(ParseResult parsed)
{
    public static Option<TimeSpan?> IdleTimeout { get; } = ProtectionOptions.IdleTimeout("10m");

    public static Option<long?> Rate { get; } = ProtectionOptions.Rate();

    public static IEnumerable<Option> All =>
    [
        IdleTimeout, SilentPeerOptions.KeepAlive, SilentPeerOptions.UserTimeout, ProtectionOptions.HandshakeTimeout, Rate,
        ProtectionOptions.AcceptRate, ProtectionOptions.MaxPerAddress, ProtectionOptions.Allow, ProtectionOptions.Deny,
        ProtectionOptions.ProxyProtocol, .. ListenTls.All,
    ];

    public ListenTls? Tls { get; } = ListenTls.Read(parsed);

    public void Apply(SocketTransportOptions sockets) => SilentPeerOptions.Apply(parsed, sockets);

    public void Apply(ListenOptions listen)
    {
        if (parsed.GetValue(IdleTimeout) is { } timeout)
            listen.UseIdleTimeout(timeout);
        if (parsed.GetValue(ProtectionOptions.AcceptRate) is { } acceptRate)
            listen.UseAcceptRateLimit(acceptRate);
        if (parsed.GetValue(ProtectionOptions.ProxyProtocol) is { Count: > 0 } proxies)
            UseProxyProtocol(listen, proxies);
        UseAddressRules(listen);
        if (parsed.GetValue(ProtectionOptions.MaxPerAddress) is { } most)
            listen.UseAddressLimit(most);
        Tls?.Apply(listen);
        if (parsed.GetValue(Rate) is { } rate)
            listen.UseBandwidthLimit(receive: rate, send: rate);
    }

    private void UseProxyProtocol(ListenOptions listen, NetworkList proxies) => listen.UseProxyProtocol(proxy =>
    {
        foreach (var network in proxies)
            proxy.TrustedProxies.Add(network);
        proxy.HeaderTimeout = parsed.GetValue(ProtectionOptions.HandshakeTimeout) ?? proxy.HeaderTimeout;
    });

    private void UseAddressRules(ListenOptions listen)
    {
        var allow = parsed.GetValue(ProtectionOptions.Allow) ?? [];
        var deny = parsed.GetValue(ProtectionOptions.Deny) ?? [];
        if (allow.Count + deny.Count == 0)
            return;
        var rules = new AddressRules();
        foreach (var network in allow)
            rules.Allow(network);
        foreach (var network in deny)
            rules.Deny(network);
        listen.UseAddressRules(rules);
    }
}
