using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye.Cli.Tests.Support;

/// <summary>A certificate authority of one test, and the files of what it has signed: certificate and key, both PEM.</summary>
public sealed class TestAuthority : IDisposable
{
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    private readonly string _directory = Directory.CreateTempSubdirectory("sockeye-tls-").FullName;
    private readonly X509Certificate2 _certificate;

    public TestAuthority(string name = "Test Authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _certificate = request.CreateSelfSigned(Now - TimeSpan.FromDays(30), Now + TimeSpan.FromDays(30));
        CertificateFile = Write("ca.pem", _certificate.ExportCertificatePem());
    }

    /// <summary>What a client trusts.</summary>
    public string CertificateFile { get; }

    public string Folder => _directory;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>A certificate for these names and addresses that is valid now.</summary>
    public CertificateFiles Issue(params string[] names) => Issue(names, Now - Skew, Now + TimeSpan.FromDays(1));

    public CertificateFiles IssueExpired(params string[] names) => Issue(names, Now - TimeSpan.FromDays(2), Now - Skew);

    public void Dispose()
    {
        _certificate.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Where a test may put more files, which go with the authority.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        return path;
    }

    private CertificateFiles Issue(string[] names, DateTimeOffset from, DateTimeOffset until)
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
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true, false));
        using var signed = request.Create(_certificate, from, until, RandomNumberGenerator.GetBytes(8));
        var file = $"{names[0]}-{signed.SerialNumber}";
        return new(Write($"{file}.pem", signed.ExportCertificatePem()), Write($"{file}.key", key.ExportPkcs8PrivateKeyPem()));
    }
}

/// <summary>The files of one certificate.</summary>
public sealed record CertificateFiles(string Certificate, string Key);
