using System.Security.Cryptography.X509Certificates;
using Sockeye.Tests.Tls;

namespace Sockeye.Cli.Tests.Support;

/// <summary>A certificate authority of one test, and the PEM files of the certificates that it has signed, with keys.</summary>
public sealed class AuthorityFiles : IDisposable
{
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    private readonly TestAuthority _authority;

    public AuthorityFiles(string name = "Test Authority")
    {
        _authority = new(TimeProvider.System, name);
        CertificateFile = Write("ca.pem", _authority.Certificate.ExportCertificatePem());
    }

    /// <summary>The certificate that a client trusts.</summary>
    public string CertificateFile { get; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("sockeye-tls-").FullName;

    /// <summary>A certificate for these names and addresses that is valid now.</summary>
    public CertificateFiles Issue(params string[] names) => Issue(names, -Skew, TimeSpan.FromDays(1));

    public CertificateFiles IssueExpired(params string[] names) => Issue(names, -TimeSpan.FromDays(2), -Skew);

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A folder for other files of the test, which is removed with the authority.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private CertificateFiles Issue(string[] names, TimeSpan from, TimeSpan to)
    {
        using var signed = _authority.Sign(from, to, names);
        using var key = signed.GetECDsaPrivateKey()!;
        var file = $"{names[0]}-{signed.SerialNumber}";
        return new(Write($"{file}.pem", signed.ExportCertificatePem()), Write($"{file}.key", key.ExportPkcs8PrivateKeyPem()));
    }
}

/// <summary>The files of one certificate.</summary>
public sealed record CertificateFiles(string Certificate, string Key);
