using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sockeye.Cli;

/// <summary>The options of <c>sockeye connect</c> for TLS, the PROXY header, and what a connection may use.</summary>
internal sealed class ConnectProtection(ParseResult parsed)
{
    private static readonly Option<bool> Tls = CommonOptions.CreateSwitch(
        "--tls", "Connect over TLS. The server's certificate must match the host name and be signed by a known authority.");

    private static readonly Option<string?> Ca = CommonOptions.Text(
        "--ca", "file",
        "The authorities that may sign the server's certificate: a PEM file, instead of the system's authorities.");

    private static readonly Option<string?> Pin = CommonOptions.Text(
        "--pin", "fingerprint",
        "Accept exactly the certificate with this SHA-256 fingerprint, regardless of its signer. Implies --tls.");

    private static readonly Option<string?> Cert = CommonOptions.Text(
        "--cert", "file", "The client's own certificate: PEM or PFX.");

    private static readonly Option<string?> Key = CommonOptions.Text(
        "--key", "file", "Its private key, if it is not in the same file.");

    private static readonly Option<string?> Sni = CommonOptions.Text(
        "--sni", "name",
        "The server name to request (SNI) and to find in the certificate. Default: the host of the endpoint.");

    private static readonly Option<bool> Insecure = CommonOptions.CreateSwitch(
        "--insecure", "Accept any certificate. Danger: an attacker in between can read and change everything.");

    private static readonly Option<ProxyProtocolVersion?> SendProxy = new("--send-proxy")
    {
        Description = "Send a PROXY header with the connection's own addresses first: v1 or v2.",
        HelpName = "version",
        CustomParser = ParseVersion,
    };

    private static readonly Option<TimeSpan?> IdleTimeout = ProtectionOptions.IdleTimeout("never");

    private static readonly Option<long?> Rate = ProtectionOptions.Rate();

    public static IEnumerable<Option> All =>
    [
        Tls, Ca, Pin, Cert, Key, Sni, TlsFiles.Alpn, Insecure, ProtectionOptions.HandshakeTimeout, SendProxy, IdleTimeout,
        SilentPeerOptions.KeepAlive, SilentPeerOptions.UserTimeout, Rate,
    ];

    public bool UsesTls { get; } = parsed.GetValue(Tls) || parsed.GetResult(Pin) is not null;

    public static void Validate(CommandResult result)
    {
        var usesTls = result.GetResult(Tls) is { Implicit: false } || result.GetResult(Pin) is not null;
        foreach (var option in (Option[])[Ca, Cert, Key, Sni, TlsFiles.Alpn, Insecure])
        {
            if (!usesTls && result.GetResult(option) is { Implicit: false })
                result.AddError($"{option.Name} needs TLS: add --tls.");
        }

        if (result.GetResult(Key) is not null && result.GetResult(Cert) is null)
            result.AddError("--key is the key of a certificate: add --cert FILE.");
        if (result.GetResult(Insecure) is { Implicit: false } && result.GetResult(Pin) is not null)
            result.AddError("--insecure and --pin exclude each other: choose one.");
    }

    public void Apply(SocketTransportOptions sockets) => SilentPeerOptions.Apply(parsed, sockets);

    public void Apply(SockeyeClientOptions client, ErrorLines errors)
    {
        if (parsed.GetValue(SendProxy) is { } version)
            client.UseProxyProtocol(version);
        if (UsesTls)
            client.UseTls(tls => Configure(tls, errors));
        if (parsed.GetValue(IdleTimeout) is { } idle)
            client.Timeouts.Idle = idle;
        if (parsed.GetValue(Rate) is { } rate)
            client.UseBandwidthLimit(receive: rate, send: rate);
    }

    private static ProxyProtocolVersion? ParseVersion(ArgumentResult result)
    {
        switch (result.Tokens[0].Value)
        {
            case "v1":
                return ProxyProtocolVersion.V1;
            case "v2":
                return ProxyProtocolVersion.V2;
            default:
                result.AddError($"--send-proxy: \"{result.Tokens[0].Value}\" is not a version. Write v1 or v2.");
                return null;
        }
    }

    private void Configure(TlsClientOptions tls, ErrorLines errors)
    {
        tls.HandshakeTimeout = parsed.GetValue(ProtectionOptions.HandshakeTimeout) ?? tls.HandshakeTimeout;
        tls.Authentication.TargetHost = parsed.GetValue(Sni);
        tls.TrustedAuthorities = parsed.GetValue(Ca) is { } file ? TlsFiles.Authorities(file) : null;
        if (parsed.GetValue(TlsFiles.Alpn) is { Length: > 0 } protocols)
            tls.Authentication.ApplicationProtocols = [.. protocols];
        if (parsed.GetValue(Cert) is { } certificate)
            tls.Authentication.ClientCertificates = [TlsFiles.Certificate(certificate, parsed.GetValue(Key))];
        try
        {
            tls.PinnedFingerprint = parsed.GetValue(Pin);
        }
        catch (ArgumentException e)
        {
            throw new CommandException(
                ExitCodes.WrongUse, $"--pin {parsed.GetValue(Pin)}: a SHA-256 fingerprint is 32 bytes in hex, as AB:CD:….", e);
        }

        if (parsed.GetValue(Insecure))
        {
            errors.WriteLine("warning: --insecure: the server's certificate is not checked. An attacker in between can read and "
                + "change everything.");
#pragma warning disable CA5359 // The user requested it with an option that is named accordingly, and the line above warns.
            tls.Authentication.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
    }
}
