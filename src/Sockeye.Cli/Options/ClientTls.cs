using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sockeye.Cli;

/// <summary>The options of TLS to a server: of <c>sockeye connect</c>, and of the far side of a relay.</summary>
internal sealed class ClientTls
{
    private readonly Option<bool> _tls;
    private readonly Option<string?> _ca;
    private readonly Option<string?> _pin;
    private readonly Option<string?> _cert;
    private readonly Option<string?> _key;
    private readonly Option<string?> _sni;
    private readonly Option<bool> _insecure;
    private readonly string _prefix;

    /// <param name="prefix">The start of the names: "--" or "--to-".</param>
    public ClientTls(string prefix)
    {
        _prefix = prefix;
        _tls = OptionFactory.CreateSwitch(
            $"{prefix}tls",
            "Connect over TLS. The server's certificate must match the host name and be signed by a known authority.");
        _ca = OptionFactory.CreateText(
            $"{prefix}ca", "file",
            "The authorities that may sign the server's certificate: a PEM file. Default: the system's authorities.");
        _pin = OptionFactory.CreateText(
            $"{prefix}pin", "fingerprint",
            $"Accept exactly the certificate with this SHA-256 fingerprint, regardless of its signer. Implies {prefix}tls.");
        _cert = OptionFactory.CreateText($"{prefix}cert", "file", "The certificate of the client: PEM or PFX.");
        _key = OptionFactory.CreateText(
            $"{prefix}key", "file", "The private key of the certificate, if it is not in the same file.");
        _sni = OptionFactory.CreateText(
            $"{prefix}sni", "name",
            "The server name to request (SNI) and to find in the certificate. Default: the host of the endpoint.");
        _insecure = OptionFactory.CreateSwitch(
            $"{prefix}insecure", "Accept any certificate. Danger: an attacker in between can read and change everything.");
    }

    public IEnumerable<Option> All => [_tls, _ca, _pin, _cert, _key, _sni, _insecure];

    /// <summary>Whether one of the options asks for TLS.</summary>
    public bool IsUsed(ParseResult parsed) => parsed.GetValue(_tls) || parsed.GetResult(_pin) is not null;

    /// <summary>Returns the host name that the user set; null for that of the endpoint.</summary>
    public string? GetServerName(ParseResult parsed) => parsed.GetValue(_sni);

    /// <param name="result">The command line.</param>
    /// <param name="isImplied">Whether another option asks for TLS.</param>
    /// <param name="needsTls">Other options that have no meaning without TLS.</param>
    public void Validate(CommandResult result, bool isImplied, params IEnumerable<Option> needsTls)
    {
        if (!isImplied && !result.IsGiven(_tls) && result.GetResult(_pin) is null)
            TlsOptions.RejectWithoutTls(result, $"add {_tls.Name}", [_ca, _cert, _key, _sni, _insecure, .. needsTls]);
        if (result.GetResult(_key) is not null && result.GetResult(_cert) is null)
            result.AddError($"{_key.Name} is the key of a certificate: add {_cert.Name} FILE.");
        if (result.IsGiven(_insecure) && result.GetResult(_pin) is not null)
            result.AddError($"{_insecure.Name} and {_pin.Name} exclude each other: choose one.");
    }

    /// <summary>Adds an error for each of the options that was given.</summary>
    public void RejectAll(CommandResult result, string remedy)
    {
        foreach (var option in All.Where(option => result.IsGiven(option)))
            result.AddError($"{option.Name} {remedy}");
    }

    public void Configure(ParseResult parsed, TlsClientOptions tls, ErrorLines errors)
    {
        tls.HandshakeTimeout = parsed.GetValue(ProtectionOptions.HandshakeTimeout) ?? tls.HandshakeTimeout;
        tls.Authentication.TargetHost = parsed.GetValue(_sni);
        tls.TrustedAuthorities = parsed.GetValue(_ca) is { } file ? TlsOptions.LoadAuthorities(file, _ca.Name) : null;
        if (parsed.GetValue(_cert) is { } certificate)
        {
            tls.Authentication.ClientCertificates =
                [TlsOptions.LoadCertificate(certificate, parsed.GetValue(_key), _cert.Name)];
        }

        SetPin(parsed, tls);
        if (parsed.GetValue(_insecure))
            AcceptAnyCertificate(tls, errors);
    }

    private void SetPin(ParseResult parsed, TlsClientOptions tls)
    {
        try
        {
            tls.PinnedFingerprint = parsed.GetValue(_pin);
        }
        catch (ArgumentException e)
        {
            throw new CommandException(
                ExitCodes.WrongUse,
                $"{_pin.Name} {parsed.GetValue(_pin)}: a SHA-256 fingerprint is 32 bytes in hex, as AB:CD:….", e);
        }
    }

    private void AcceptAnyCertificate(TlsClientOptions tls, ErrorLines errors)
    {
        errors.WriteLine(
            $"warning: {_prefix}insecure: the server's certificate is not checked. An attacker in between can read and change "
                + "everything.");
#pragma warning disable CA5359 // The user requested it with an option that is named accordingly, and the line above warns.
        tls.Authentication.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
    }
}
