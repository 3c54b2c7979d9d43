using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye.Tests.Tls;

/// <summary>An authority of a test, which signs whatever is asked.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly DateTimeOffset _now;

    private long _lastSerial;

    public TestAuthority(TimeProvider time, string name = "Test authority")
    {
        _now = time.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.CreateSelfSigned(_now.AddDays(-1000), _now.AddDays(1000));
        Certificate = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2 Sign(params string[] names) => Sign(TimeSpan.FromDays(-1), TimeSpan.FromDays(90), names);

    /// <param name="from">When it begins to be valid, seen from now.</param>
    /// <param name="to">When it ends.</param>
    /// <param name="names">Whom it is for.</param>
    public X509Certificate2 Sign(TimeSpan from, TimeSpan to, params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
                alternatives.AddIpAddress(address);
            else
                alternatives.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, false));
        var serial = BitConverter.GetBytes(Interlocked.Increment(ref _lastSerial));
        using var signed = request.Create(Certificate, _now + from, _now + to, serial);
        using var withKey = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);
    }

    public void Dispose() => Certificate.Dispose();
}
