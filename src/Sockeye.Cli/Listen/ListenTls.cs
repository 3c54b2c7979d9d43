using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>TLS of <c>sockeye listen</c>.</summary>
internal sealed class ListenTls
{
    private const string SelfSigned = "self-signed";

    private static readonly Option<string?> Tls = new("--tls")
    {
        Description = $"Serve over TLS, with --cert, or with a new certificate: --tls {SelfSigned}.",
        HelpName = SelfSigned,
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = ParseTls,
    };

    private static readonly Option<string[]> Cert = OptionFactory.CreateTexts(
        "--cert", "file",
        "The certificate: a PEM file (with its chain), or PFX. Repeatable for other names (SNI). Implies --tls. A changed file "
            + "is read again for new connections.");

    private static readonly Option<string[]> Key = OptionFactory.CreateTexts(
        "--key", "file", "The private key of each --cert, in the same order, if it is not in the same file.");

    private static readonly Option<string?> Ca = OptionFactory.CreateText(
        "--ca", "file", "The authorities that sign client certificates: a PEM file. Default: the system's authorities.");

    private static readonly Option<bool> RequireClientCert = OptionFactory.CreateSwitch(
        "--require-client-cert", "Serve only clients that present a certificate (mutual TLS).");

    private readonly ParseResult _parsed;
    private readonly X509Certificate2? _selfSigned;
    private readonly X509Certificate2Collection? _authorities;

    private ListenTls(ParseResult parsed)
    {
        _parsed = parsed;
        _authorities = parsed.GetValue(Ca) is { } file ? TlsOptions.LoadAuthorities(file, Ca.Name) : null;
        if (parsed.GetValue(Tls) is not null)
            _selfSigned = TlsCertificates.CreateSelfSigned("localhost", "127.0.0.1", "::1");
    }

    public static IEnumerable<Option> All => [Tls, Cert, Key, Ca, RequireClientCert, TlsOptions.Alpn];

    /// <summary>Returns null without TLS.</summary>
    public static ListenTls? Create(ParseResult parsed) =>
        parsed.GetResult(Tls) is not null || parsed.GetResult(Cert) is not null ? new(parsed) : null;

    public static void Validate(CommandResult result)
    {
        var isSelfSigned = result.GetResult(Tls)?.Tokens.Count > 0;
        var usesTls = result.GetResult(Tls) is not null || result.GetResult(Cert) is not null;
        if (isSelfSigned && result.GetResult(Cert) is not null)
            result.AddError($"--tls {SelfSigned} and --cert exclude each other: choose one.");
        if (usesTls && !isSelfSigned && result.GetResult(Cert) is null)
            result.AddError($"--tls needs a certificate: add --cert FILE, or make one with --tls {SelfSigned}.");
        if (result.GetResult(Key)?.Tokens.Count > (result.GetResult(Cert)?.Tokens.Count ?? 0))
            result.AddError("There are more --key than --cert: give each --cert at most one.");
        if (!usesTls)
        {
            TlsOptions.RejectWithoutTls(
                result, $"add --tls {SelfSigned}, or --cert FILE", Ca, RequireClientCert, TlsOptions.Alpn);
        }

        if (result.GetResult(Ca) is not null && result.GetResult(RequireClientCert) is null)
            result.AddError("--ca is for client certificates: add --require-client-cert.");
    }

    public void AddTo(ListenPipeline pipeline) => pipeline.Add(_selfSigned is null ? Cert : Tls, listen =>
    {
        listen.Use(ResetPlainTextAsync);
        listen.UseTls(Configure);
    });

    /// <summary>Returns the lines for clients that have to trust a self-signed certificate.</summary>
    public IEnumerable<string> GetLines(EndPoint endpoint)
    {
        if (_selfSigned is null)
            yield break;
        var fingerprint = TlsCertificates.Fingerprint(_selfSigned);
        yield return $"certificate: self-signed for localhost, until {_selfSigned.NotAfter.ToUniversalTime():u}";
        yield return $"fingerprint: {fingerprint} (SHA-256)";
        yield return $"connect with: sockeye connect {EndPointName.Format(endpoint)} --pin {fingerprint}";
    }

    private static string? ParseTls(ArgumentResult result)
    {
        if (result.Tokens is not [var token])
            return null;
        if (token.Value == SelfSigned)
            return SelfSigned;
        result.AddError($"--tls {token.Value}: only \"{SelfSigned}\" may follow --tls; endpoints come before the options.");
        return null;
    }

    /// <summary>Resets a client that speaks plain text, which would not understand an alert and would mistake FIN for an empty
    /// answer.</summary>
    private static async Task ResetPlainTextAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        await next(connection);
        if (connection.CloseReason is { Exception: TlsException { Failure: TlsFailure.PlainText } } reason)
            connection.Abort(reason);
    }

    private void Configure(TlsServerOptions tls)
    {
        if (_selfSigned is not null)
            tls.AddCertificate(_selfSigned);
        var keys = _parsed.GetValue(Key) ?? [];
        foreach (var (index, file) in (_parsed.GetValue(Cert) ?? []).Index())
            TlsOptions.Load("--cert", file, () => tls.AddCertificateFiles(file, keys.ElementAtOrDefault(index)));
        if (_parsed.GetValue(RequireClientCert))
            tls.RequireClientCertificate(_authorities);
        if (_parsed.GetValue(TlsOptions.Alpn) is { Length: > 0 } protocols)
            tls.Authentication.ApplicationProtocols = [.. protocols];
        tls.HandshakeTimeout = _parsed.GetValue(ProtectionOptions.HandshakeTimeout) ?? tls.HandshakeTimeout;
    }
}
