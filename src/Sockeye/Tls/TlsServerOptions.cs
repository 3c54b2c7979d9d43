using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>How an endpoint speaks TLS. Read when the server starts.</summary>
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
    /// .NET's own options: ALPN, cipher suites, validation of the client's certificate and so on. Preset to TLS 1.2 and 1.3.
    /// A certificate that is set here comes first, before those that are added.
    /// </summary>
    public SslServerAuthenticationOptions Authentication { get; }

    /// <summary>
    /// How long a handshake may take, the wait for its place included; default 10 s. Then the connection is reset, with
    /// <see cref="CloseCause.Timeout"/>. Range: 100 ms to 1 hour. A long one lets silent clients hold places.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    public TimeSpan HandshakeTimeout
    {
        get;
        set => field = TlsLimits.ValidateTimeout(value, nameof(HandshakeTimeout));
    } = TlsLimits.DefaultHandshakeTimeout;

    /// <summary>
    /// Handshakes in flight at the same time, default 1000. One more waits in line; for it, one on which nothing has arrived for
    /// 2 s is given up. Range: 1 and up. Each costs memory for its state, and computing.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than one.</exception>
    public int MaxHandshakes
    {
        get;
        set => field = value >= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MaxHandshakes), value, "MaxHandshakes must be 1 or more.");
    } = 1000;

    internal IReadOnlyList<CertificateSource> Certificates => _certificates;

    /// <summary>
    /// A certificate for clients that ask (SNI) for one of its names. The first one that is added serves those, too, that ask for
    /// none, or for a name that no certificate has.
    /// </summary>
    /// <param name="certificate">With its private key.</param>
    /// <param name="hostNames">The names it is shown for, "*.example.com" for one label before; those in the certificate
    /// where none are given. Names of other alphabets in either form: "bücher.example" is "xn--bcher-kva.example".</param>
    /// <exception cref="ArgumentException">It has no private key, or a name is empty.</exception>
    public void AddCertificate(X509Certificate2 certificate, params string[] hostNames)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(hostNames);
        foreach (var name in hostNames)
            ArgumentException.ThrowIfNullOrWhiteSpace(name, nameof(hostNames));
        _certificates.Add(new(new CertificateAndChain(certificate, []), hostNames));
    }

    /// <summary>
    /// A certificate from files: PEM, with its chain behind it and the key in the same file or another, or PFX. The files are
    /// looked at every few seconds while clients come; when they change, new connections get the new certificate. Files that do
    /// not fit (a key that was not swapped yet) change nothing, and the log says so.
    /// </summary>
    /// <param name="certificatePath">The certificate, and those between it and its root.</param>
    /// <param name="keyPath">The private key, where it is in another file.</param>
    /// <param name="password">Of the key, or of the PFX.</param>
    /// <exception cref="IOException">A file is not there, or cannot be read.</exception>
    /// <exception cref="CryptographicException">The files hold no certificate with its key.</exception>
    public void AddCertificateFiles(string certificatePath, string? keyPath = null, string? password = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(certificatePath);
        _certificates.Add(new(new CertificateFiles(certificatePath, keyPath, password)));
    }

    /// <summary>
    /// Mutual TLS: a client without a certificate that was signed by one of these authorities is refused in the handshake.
    /// </summary>
    /// <param name="authorities">Who is trusted to sign, instead of the system's; null: the system's. These say of anybody on
    /// the internet who they are, not that they may come in.</param>
    public void RequireClientCertificate(X509Certificate2Collection? authorities = null)
    {
        Authentication.ClientCertificateRequired = true;
        if (authorities is not null)
            _clientAuthorities = authorities;
    }

    /// <summary>What all connections of the endpoint have in common, or an exception that says what is missing.</summary>
    internal SslServerAuthenticationOptions Checked(ListenOptions listen)
    {
        var common = OptionCopies.Copy(Authentication);
        common.EnabledSslProtocols = TlsLimits.ValidateProtocols(common.EnabledSslProtocols);
        common.AllowRenegotiation = false;
        if (common.ServerCertificateSelectionCallback is { } select)
            common.ServerCertificateSelectionCallback = (ssl, name) => select(ssl, GetServerName(ssl, name));
        common.RemoteCertificateValidationCallback = new PeerCertificateValidator(
            common.RemoteCertificateValidationCallback, common.ClientCertificateRequired).Validate;
        if (_clientAuthorities is not null)
        {
            common.CertificateChainPolicy =
                ChainPolicies.CreateTrusting(_clientAuthorities, common.CertificateRevocationCheckMode);
        }

        if (common.ServerCertificate is X509Certificate2 certificate && common.ServerCertificateContext is null)
            _certificates.Insert(0, new(new CertificateAndChain(certificate, []), []));
        if (_certificates.Count == 0 && common is
            { ServerCertificate: null, ServerCertificateContext: null, ServerCertificateSelectionCallback: null })
        {
            throw new ArgumentException(
                $"UseTls on {listen} has no certificate: call AddCertificate or AddCertificateFiles, or for development use "
                    + "TlsCertificates.CreateSelfSigned().");
        }

        return common;
    }

    /// <summary>.NET looks for the name in one record only, and a ClientHello may need more.</summary>
    private static string? GetServerName(object ssl, string? name) =>
        string.IsNullOrEmpty(name) && ((TlsStream)ssl).ServerName is { } asked ? HostNames.ToUnicode(asked) : name;
}
