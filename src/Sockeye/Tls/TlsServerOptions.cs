using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>The TLS options of an endpoint. <c>UseTls</c> copies them: later changes have no effect.</summary>
public sealed class TlsServerOptions
{
    private readonly List<CertificateSource> _certificates = [];
    private X509Certificate2Collection? _clientAuthorities;

    internal TlsServerOptions()
        : this(new() { EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13, AllowRenegotiation = false })
    {
    }

    internal TlsServerOptions(SslServerAuthenticationOptions authentication) => Authentication = authentication;

    /// <summary>
    /// Gets .NET's own options: ALPN, cipher suites, validation of the client's certificate and others. They are preset to TLS
    /// 1.2 and 1.3. A certificate that is set here comes before those that are added.
    /// </summary>
    public SslServerAuthenticationOptions Authentication { get; }

    /// <summary>
    /// Gets or sets the maximum time for a handshake, including the wait for a permit. Default: 10 s. Range: 100 ms to 1 hour.
    /// After that time, the connection is reset, with <see cref="CloseCause.Timeout"/>. A long time lets silent clients hold
    /// permits.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public TimeSpan HandshakeTimeout
    {
        get;
        set => field = TlsLimits.ValidateTimeout(value, nameof(HandshakeTimeout));
    } = TlsLimits.DefaultHandshakeTimeout;

    /// <summary>
    /// Gets or sets the maximum number of concurrent handshakes. Default: 1000. Range: at least 1. Further clients wait in a
    /// queue; for each of them, a handshake that has received nothing for 2 s is aborted. Each handshake costs memory and CPU
    /// time.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaxHandshakes { get; set => field = OptionChecks.AtLeast(value, 1); } = 1000;

    internal IReadOnlyList<CertificateSource> Certificates => _certificates;

    /// <summary>
    /// Adds a certificate for clients that request (SNI) one of its names. The first one also serves clients that request no
    /// name, or a name that no certificate has.
    /// </summary>
    /// <param name="certificate">The certificate, with its private key.</param>
    /// <param name="hostNames">The names that the certificate is for; "*.example.com" matches one label. Default: the names in
    /// the certificate. Internationalized names may have either form: "bücher.example" is "xn--bcher-kva.example".</param>
    /// <exception cref="ArgumentException">The certificate has no private key, or a name is empty.</exception>
    public void AddCertificate(X509Certificate2 certificate, params string[] hostNames)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(hostNames);
        foreach (var name in hostNames)
            ArgumentException.ThrowIfNullOrWhiteSpace(name, nameof(hostNames));
        _certificates.Add(new(new CertificateAndChain(certificate, []), hostNames));
    }

    /// <summary>
    /// Adds a certificate from files: PEM, with its chain, and with the key in the same file or another, or PFX. The files are
    /// checked every few seconds while clients connect; when they change, new connections get the new certificate. Files that do
    /// not match (for example, a key that is not replaced yet) change nothing, and the log reports it.
    /// </summary>
    /// <param name="certificatePath">The certificate, and its intermediate certificates.</param>
    /// <param name="keyPath">The private key, if it is in another file.</param>
    /// <param name="password">The password of the key or of the PFX.</param>
    /// <exception cref="IOException">A file does not exist, or cannot be read.</exception>
    /// <exception cref="CryptographicException">The files do not contain a certificate with its key.</exception>
    public void AddCertificateFiles(string certificatePath, string? keyPath = null, string? password = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(certificatePath);
        _certificates.Add(new(new CertificateFiles(certificatePath, keyPath, password)));
    }

    /// <summary>
    /// Requires a client certificate (mutual TLS): a client without a certificate from one of these authorities is refused in the
    /// handshake.
    /// </summary>
    /// <param name="authorities">The trusted authorities. Default: null, which means those of the system. A certificate from
    /// those proves who a client is, not that it is authorized.</param>
    public void RequireClientCertificate(X509Certificate2Collection? authorities = null)
    {
        Authentication.ClientCertificateRequired = true;
        if (authorities is not null)
            _clientAuthorities = authorities;
    }

    /// <summary>Checks the options, and copies their values.</summary>
    /// <exception cref="ArgumentException">The options have no certificate, or allow a version below TLS 1.2.</exception>
    internal TlsServerConfiguration CreateConfiguration(ListenOptions listen)
    {
        var authentication = OptionCopier.DeepCopy(Authentication);
        authentication.EnabledSslProtocols = TlsLimits.ValidateProtocols(authentication.EnabledSslProtocols);
        authentication.AllowRenegotiation = false;
        if (authentication.ServerCertificateSelectionCallback is { } select)
            authentication.ServerCertificateSelectionCallback = (ssl, name) => select(ssl, GetServerName(ssl, name));
        authentication.RemoteCertificateValidationCallback = new PeerCertificateValidator(
            authentication.RemoteCertificateValidationCallback, authentication.ClientCertificateRequired).Validate;
        if (_clientAuthorities is not null)
        {
            authentication.CertificateChainPolicy =
                ChainPolicies.CreateTrusting(_clientAuthorities, authentication.CertificateRevocationCheckMode);
        }

        CertificateSource[] certificates = authentication is
            { ServerCertificate: X509Certificate2 certificate, ServerCertificateContext: null }
            ? [new(new CertificateAndChain(certificate, []), []), .. Certificates]
            : [.. Certificates];
        if (certificates.Length == 0 && authentication is
            { ServerCertificate: null, ServerCertificateContext: null, ServerCertificateSelectionCallback: null })
        {
            throw new ArgumentException(
                $"UseTls on {listen} has no certificate: call AddCertificate or AddCertificateFiles, or for development use "
                    + "TlsCertificates.CreateSelfSigned().");
        }

        return new(authentication, certificates, HandshakeTimeout, MaxHandshakes);
    }

    /// <summary>Returns the requested name. .NET reads the name from one record only, but a ClientHello may have
    /// several.</summary>
    private static string? GetServerName(object ssl, string? name) =>
        string.IsNullOrEmpty(name) && ((TlsStream)ssl).ServerName is { } requested ? HostNames.ToUnicode(requested) : name;
}
