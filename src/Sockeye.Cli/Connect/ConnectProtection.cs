using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sockeye.Cli;

/// <summary>The protection of <c>sockeye connect</c>: TLS, the PROXY header, and limits of a connection.</summary>
internal sealed class ConnectProtection(ParseResult parsed)
{
    private static readonly Option<bool> Tls = OptionFactory.CreateSwitch(
        "--tls", "Connect over TLS. The server's certificate must match the host name and be signed by a known authority.");

    private static readonly Option<string?> Ca = OptionFactory.CreateText(
        "--ca", "file",
        "The authorities that may sign the server's certificate: a PEM file. Default: the system's authorities.");

    private static readonly Option<string?> Pin = OptionFactory.CreateText(
        "--pin", "fingerprint",
        "Accept exactly the certificate with this SHA-256 fingerprint, regardless of its signer. Implies --tls.");

    private static readonly Option<string?> Cert = OptionFactory.CreateText(
        "--cert", "file", "The certificate of the client: PEM or PFX.");

    private static readonly Option<string?> Key = OptionFactory.CreateText(
        "--key", "file", "The private key of the certificate, if it is not in the same file.");

    private static readonly Option<string?> Sni = OptionFactory.CreateText(
        "--sni", "name",
        "The server name to request (SNI) and to find in the certificate. Default: the host of the endpoint.");

    private static readonly Option<bool> Insecure = OptionFactory.CreateSwitch(
        "--insecure", "Accept any certificate. Danger: an attacker in between can read and change everything.");

    private static readonly Option<ProxyProtocolVersion?> SendProxy = OptionFactory.Create<ProxyProtocolVersion>(
        "--send-proxy", "version", "Send a PROXY header with the addresses of the connection first: v1 or v2.", ParseVersion);

    private static readonly Option<TimeSpan?> IdleTimeout = ProtectionOptions.CreateIdleTimeout("never");

    public static IEnumerable<Option> All =>
    [
        Tls, Ca, Pin, Cert, Key, Sni, TlsOptions.Alpn, Insecure, ProtectionOptions.HandshakeTimeout, SendProxy, IdleTimeout,
        SilentPeerOptions.KeepAlive, SilentPeerOptions.UserTimeout, ProtectionOptions.Rate,
    ];

    private bool UsesTls => parsed.GetValue(Tls) || parsed.GetResult(Pin) is not null;

    public static void Validate(CommandResult result)
    {
        if (result.GetResult(Tls) is not { Implicit: false } && result.GetResult(Pin) is null)
            TlsOptions.RejectWithoutTls(result, "add --tls", Ca, Cert, Key, Sni, TlsOptions.Alpn, Insecure);
        if (result.GetResult(Key) is not null && result.GetResult(Cert) is null)
            result.AddError("--key is the key of a certificate: add --cert FILE.");
        if (result.GetResult(Insecure) is { Implicit: false } && result.GetResult(Pin) is not null)
            result.AddError("--insecure and --pin exclude each other: choose one.");
    }

    public void Apply(SockeyeClientOptions client, ErrorLines errors)
    {
        if (parsed.GetValue(SendProxy) is { } version)
            client.UseProxyProtocol(version);
        if (UsesTls)
            client.UseTls(tls => Configure(tls, errors));
        client.Timeouts.Idle = parsed.GetValue(IdleTimeout) ?? client.Timeouts.Idle;
        if (parsed.GetValue(ProtectionOptions.Rate) is { } rate)
            client.UseBandwidthLimit(receive: rate, send: rate);
    }

    private static ProxyProtocolVersion? ParseVersion(string text, out string? error)
    {
        error = text is "v1" or "v2" ? null : $"\"{text}\" is not a version. Write v1 or v2.";
        return text == "v1" ? ProxyProtocolVersion.V1 : ProxyProtocolVersion.V2;
    }

    private void Configure(TlsClientOptions tls, ErrorLines errors)
    {
        tls.HandshakeTimeout = parsed.GetValue(ProtectionOptions.HandshakeTimeout) ?? tls.HandshakeTimeout;
        tls.Authentication.TargetHost = parsed.GetValue(Sni);
        tls.TrustedAuthorities = parsed.GetValue(Ca) is { } file ? TlsOptions.LoadAuthorities(file) : null;
        if (parsed.GetValue(TlsOptions.Alpn) is { Length: > 0 } protocols)
            tls.Authentication.ApplicationProtocols = [.. protocols];
        if (parsed.GetValue(Cert) is { } certificate)
            tls.Authentication.ClientCertificates = [TlsOptions.LoadCertificate(certificate, parsed.GetValue(Key))];
        SetPin(tls);
        if (parsed.GetValue(Insecure))
            AcceptAnyCertificate(tls, errors);
    }

    private void SetPin(TlsClientOptions tls)
    {
        try
        {
            tls.PinnedFingerprint = parsed.GetValue(Pin);
        }
        catch (ArgumentException e)
        {
            throw new CommandException(
                ExitCodes.WrongUse, $"--pin {parsed.GetValue(Pin)}: a SHA-256 fingerprint is 32 bytes in hex, as AB:CD:….", e);
        }
    }

    private static void AcceptAnyCertificate(TlsClientOptions tls, ErrorLines errors)
    {
        errors.WriteLine("warning: --insecure: the server's certificate is not checked. An attacker in between can read and "
            + "change everything.");
#pragma warning disable CA5359 // The user requested it with an option that is named accordingly, and the line above warns.
        tls.Authentication.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
    }
}
