using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sockeye.Cli;

/// <summary>The protection of <c>sockeye connect</c>: TLS, the PROXY header, and limits of a connection.</summary>
internal sealed class ConnectProtection(ParseResult parsed)
{
    public static Option<ProxyProtocolVersion?> SendProxy { get; } = OptionFactory.Create<ProxyProtocolVersion>(
        "--send-proxy", "version", "Send a PROXY header with the addresses of the connection first: v1 or v2.", ParseVersion);

    private static readonly Option<TimeSpan?> IdleTimeout = ProtectionOptions.CreateIdleTimeout("never");

    public static ClientTls Tls { get; } = new("--");

    public static Option<bool> Certificates { get; } = OptionFactory.CreateSwitch(
        "--certificates",
        "Print the server's certificates, and whether they are accepted, then end. Implies --tls.");

    public static IEnumerable<Option> All =>
    [
        .. Tls.All, Certificates, TlsOptions.Alpn, ProtectionOptions.HandshakeTimeout, SendProxy, IdleTimeout,
        SilentPeerOptions.KeepAlive, SilentPeerOptions.UserTimeout, ProtectionOptions.Rate,
    ];

    public static void Validate(CommandResult result)
    {
        Tls.Validate(result, isImplied: result.GetValue(Certificates), TlsOptions.Alpn);
        if (result.GetResult(SendProxy) is not null && result.GetResult(ProxyOptions.Proxy) is not null)
            result.AddError("--send-proxy and --proxy exclude each other: the header would go to the proxy.");
    }

    /// <param name="client">The options of the client.</param>
    /// <param name="tunnel">The tunnel of a proxy; null without one.</param>
    /// <param name="certificates">Gets the certificates, all of which are accepted; null to check them.</param>
    /// <param name="errors">The output of warnings.</param>
    public void Apply(SockeyeClientOptions client, ProxyTunnel? tunnel, ShownCertificates? certificates, ErrorLines errors)
    {
        if (parsed.GetValue(SendProxy) is { } version)
            client.UseProxyProtocol(version);
        if (tunnel is not null)
            client.Use(tunnel.OpenAsync);
        if (Tls.IsUsed(parsed) || parsed.GetValue(Certificates))
            client.UseTls(tls => Configure(tls, tunnel, certificates, errors));
        if (parsed.GetValue(TransportOptions.Dump))
            UseDump(client, new(errors));
        client.Timeouts.Idle = parsed.GetValue(IdleTimeout) ?? client.Timeouts.Idle;
        if (parsed.GetValue(ProtectionOptions.Rate) is { } rate)
            client.UseBandwidthLimit(receive: rate, send: rate);
    }

    private static void UseDump(SockeyeClientOptions client, DumpWriter dump) => client.Use((connection, _) =>
    {
        dump.Attach(connection);
        return new(connection);
    });

    private static ProxyProtocolVersion? ParseVersion(string text, out string? error)
    {
        error = text is "v1" or "v2" ? null : $"\"{text}\" is not a version. Write v1 or v2.";
        return text == "v1" ? ProxyProtocolVersion.V1 : ProxyProtocolVersion.V2;
    }

    private void Configure(TlsClientOptions tls, ProxyTunnel? tunnel, ShownCertificates? certificates, ErrorLines errors)
    {
        Tls.Configure(parsed, tls, errors);
        // Not the host of the connection, which is the proxy.
        tls.Authentication.TargetHost ??= tunnel?.Host;
        if (certificates is not null)
        {
            tls.Authentication.RemoteCertificateValidationCallback =
                (_, certificate, chain, _) => certificates.Keep(certificate, chain);
        }

        if (parsed.GetValue(TlsOptions.Alpn) is { Length: > 0 } protocols)
            tls.Authentication.ApplicationProtocols = [.. protocols];
    }
}
