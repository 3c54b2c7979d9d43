using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>Creates and loads certificates, and computes their fingerprints.</summary>
public static class TlsCertificates
{
    private static readonly TimeSpan DefaultValidity = TimeSpan.FromDays(90);

    /// <summary>
    /// Creates a self-signed certificate with a new key (ECDSA, P-256), valid from a day ago for 90 days, for development and
    /// tests. A client accepts it only if it is configured to (<see cref="TlsClientOptions.PinnedFingerprint"/>).
    /// </summary>
    /// <param name="hostNames">The names and addresses that it is for. Default: "localhost", 127.0.0.1 and ::1.</param>
    public static X509Certificate2 CreateSelfSigned(params string[] hostNames) =>
        CreateSelfSigned(TimeProvider.System, hostNames);

    /// <inheritdoc cref="CreateSelfSigned(string[])"/>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="hostNames">The names and addresses that it is for. Default: "localhost", 127.0.0.1 and ::1.</param>
    public static X509Certificate2 CreateSelfSigned(TimeProvider timeProvider, params string[] hostNames)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        ArgumentNullException.ThrowIfNull(hostNames);
        string[] names = hostNames.Length > 0 ? hostNames : ["localhost", "127.0.0.1", "::1"];
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(
            new X500DistinguishedNameBuilder().With(names[0]), key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
                alternatives.AddIpAddress(address);
            else
                alternatives.AddDnsName(HostNames.ToAscii(name));
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], critical: false));
        // Clocks differ, and the certificate must be valid for a peer whose clock is behind.
        var from = timeProvider.GetUtcNow().AddDays(-1);
        using var made = request.CreateSelfSigned(from, from + DefaultValidity);
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);
    }

    /// <summary>Loads a certificate with its private key: PEM, with the key in the same file or another, or PFX.</summary>
    /// <param name="certificatePath">The certificate; further certificates in the file are ignored.</param>
    /// <param name="keyPath">The private key, if it is in another file.</param>
    /// <param name="password">The password of the key or of the PFX.</param>
    /// <exception cref="IOException">A file does not exist, or cannot be read.</exception>
    /// <exception cref="CryptographicException">The files do not contain a certificate with its key.</exception>
    public static X509Certificate2 Load(string certificatePath, string? keyPath = null, string? password = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(certificatePath);
        return CertificateLoading.Load(certificatePath, keyPath, password).Certificate;
    }

    /// <summary>Computes the SHA-256 fingerprint of a certificate in hex, as OpenSSL and browsers show it: "AB:CD:…".</summary>
    public static string Fingerprint(X509Certificate certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return string.Join(':', Convert.ToHexString(certificate.GetCertHash(HashAlgorithmName.SHA256)).Chunk(2)
            .Select(pair => new string(pair)));
    }

    /// <summary>Returns the name of a certificate for messages.</summary>
    internal static string Describe(X509Certificate2 certificate) => certificate.Subject is { Length: > 0 } subject
        ? subject
        : CertificateAndChain.GetNames(certificate) is [var name, ..] ? name : Fingerprint(certificate);

    private static X500DistinguishedName With(this X500DistinguishedNameBuilder builder, string name)
    {
        builder.AddCommonName(name);
        return builder.Build();
    }
}
