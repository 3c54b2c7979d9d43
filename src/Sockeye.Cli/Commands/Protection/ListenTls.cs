using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>The options of <c>sockeye listen</c> for TLS.</summary>
internal sealed class ListenTls
{
    private const string SelfSigned = "self-signed";

    private readonly X509Certificate2? _ownCertificate;
    private readonly X509Certificate2Collection? _authorities;
    private readonly string[] _certificates;
    private readonly string[] _keys;
    private readonly bool _requiresClientCertificate;
    private readonly SslApplicationProtocol[] _protocols;
    private readonly TimeSpan? _handshakeTimeout;

    private ListenTls(ParseResult parsed)
    {
        (_certificates, _keys) = (parsed.GetValue(Cert) ?? [], parsed.GetValue(Key) ?? []);
        _requiresClientCertificate = parsed.GetValue(RequireClientCert);
        _authorities = parsed.GetValue(Ca) is { } file ? TlsFiles.Authorities(file) : null;
        _protocols = parsed.GetValue(TlsFiles.Alpn) ?? [];
        _handshakeTimeout = parsed.GetValue(ProtectionOptions.HandshakeTimeout);
        if (parsed.GetValue(Tls) is not null)
            _ownCertificate = TlsCertificates.CreateSelfSigned("localhost", "127.0.0.1", "::1");
    }

    public static Option<string?> Tls { get; } = new("--tls")
    {
        Description = "Serve over TLS, with --cert, or with a new certificate: --tls self-signed.",
        HelpName = SelfSigned,
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result =>
        {
            if (result.Tokens is not [var token])
                return null;
            if (token.Value == SelfSigned)
                return SelfSigned;
            result.AddError($"--tls {token.Value}: only \"{SelfSigned}\" may follow --tls; endpoints come before the options.");
            return null;
        },
    };

    public static Option<string[]> Cert { get; } = CommonOptions.Texts(
        "--cert", "file",
        "The certificate: a PEM file (with its chain), or PFX. Repeatable for other names (SNI). Implies "
        + "--tls. A changed file is read again for new connections.");

    public static Option<string[]> Key { get; } = CommonOptions.Texts(
        "--key", "file", "The private key of each --cert, in the same order, if it is not in the same file.");

    public static Option<string?> Ca { get; } = CommonOptions.Text(
        "--ca", "file", "The authorities that sign client certificates: a PEM file. Default: the system's authorities.");

    public static Option<bool> RequireClientCert { get; } = CommonOptions.CreateSwitch(
        "--require-client-cert", "Serve only clients that present a certificate (mutual TLS).");

    public static IEnumerable<Option> All => [Tls, Cert, Key, Ca, RequireClientCert, TlsFiles.Alpn];

    /// <summary>Returns null without TLS.</summary>
    public static ListenTls? Read(ParseResult parsed) =>
        parsed.GetResult(Tls) is not null || parsed.GetResult(Cert) is not null ? new(parsed) : null;

    public static void Validate(CommandResult result)
    {
        var isSelfSigned = result.GetResult(Tls)?.Tokens.Count > 0;
        var isAsked = result.GetResult(Tls) is not null || result.GetResult(Cert) is not null;
        if (isSelfSigned && result.GetResult(Cert) is not null)
            result.AddError($"--tls {SelfSigned} and --cert exclude each other: choose one.");
        if (isAsked && !isSelfSigned && result.GetResult(Cert) is null)
            result.AddError($"--tls needs a certificate: add --cert FILE, or make one with --tls {SelfSigned}.");
        if (result.GetResult(Key)?.Tokens.Count > (result.GetResult(Cert)?.Tokens.Count ?? 0))
            result.AddError("There are more --key than --cert: give each --cert at most one.");
        foreach (var option in (Option[])[Ca, RequireClientCert, TlsFiles.Alpn])
        {
            if (!isAsked && result.GetResult(option) is { Implicit: false })
                result.AddError($"{option.Name} needs TLS: add --tls {SelfSigned}, or --cert FILE.");
        }

        if (result.GetResult(Ca) is not null && result.GetResult(RequireClientCert) is null)
            result.AddError("--ca is for client certificates: add --require-client-cert.");
    }

    public void Apply(ListenOptions listen) => listen.UseTls(tls =>
    {
        if (_ownCertificate is not null)
            tls.AddCertificate(_ownCertificate);
        for (var i = 0; i < _certificates.Length; i++)
        {
            var (file, key) = (_certificates[i], i < _keys.Length ? _keys[i] : null);
            TlsFiles.WithOptionName("--cert", file, () => tls.AddCertificateFiles(file, key));
        }

        if (_requiresClientCertificate)
            tls.RequireClientCertificate(_authorities);
        if (_protocols.Length > 0)
            tls.Authentication.ApplicationProtocols = [.. _protocols];
        tls.HandshakeTimeout = _handshakeTimeout ?? tls.HandshakeTimeout;
    });

    /// <summary>Resets a client that speaks plain text, which would not understand an alert and would mistake FIN for an empty
    /// answer.</summary>
    public static async Task ResetPlainTextAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        await next(connection);
        if (connection.CloseReason is { Cause: CloseCause.TlsError } reason
            && reason.Description.StartsWith("the peer sent plain text", StringComparison.Ordinal))
            connection.Abort(reason);
    }

    /// <summary>The text for a client that has to trust a self-signed certificate.</summary>
    public IEnumerable<string> Lines(EndPoint endpoint)
    {
        if (_ownCertificate is null)
            yield break;
        var fingerprint = TlsCertificates.Fingerprint(_ownCertificate);
        yield return $"certificate: self-signed for localhost, until {_ownCertificate.NotAfter.ToUniversalTime():u}";
        yield return $"fingerprint: {fingerprint} (SHA-256)";
        yield return $"connect with: sockeye connect {EndPointName.Format(endpoint)} --pin {fingerprint}";
    }
}
