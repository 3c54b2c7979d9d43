using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye.Tests.Tls;

/// <summary>Which keys can be used, and what is said of those that cannot.</summary>
public sealed class CertificateKeyTests : IDisposable
{
    // Made by OpenSSL, since .NET does not.
    private const string Ed25519 = """
        -----BEGIN CERTIFICATE-----
        MIIBODCB66ADAgECAhQmM48NgGcbCHgikNajCKBjDRL4OjAFBgMrZXAwEjEQMA4G
        A1UEAwwHZWQyNTUxOTAeFw0yNjExMjgwNTMzNDlaFw0yNjEyMjgwNTMzNDlaMBIx
        EDAOBgNVBAMMB2VkMjU1MTkwKjAFBgMrZXADIQAe4bs0Uhjf6Qf+NvR3y45lI7Rh
        wgn8/f9szdk/gvZFN6NTMFEwHQYDVR0OBBYEFBTntNoF92WKnCPvdBUhoYTqbn42
        MB8GA1UdIwQYMBaAFBTntNoF92WKnCPvdBUhoYTqbn42MA8GA1UdEwEB/wQFMAMB
        Af8wBQYDK2VwA0EAmUtAle62EZAk4CIXp6UYkwxmLEg30B/nwDpBYiRUW1WHKqa4
        1CRR5s7va5u/yRTmSiAvgfrhfX3SUlSk3oKUBQ==
        -----END CERTIFICATE-----
        """;

    private const string Ed25519Key = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIGyLdsIBqo/pb85XBaV72DNEZtUS2nnWej//8AX1lWct
        -----END PRIVATE KEY-----
        """;

    private const string Ed448 = """
        -----BEGIN CERTIFICATE-----
        MIIBgDCCAQCgAwIBAgIUOh1laHXBOq97RpWfMwtMMjWUXsEwBQYDK2VxMBAxDjAM
        BgNVBAMMBWVkNDQ4MB4XDTI2MTEyODA1MzM1MVoXDTI2MTIyODA1MzM1MVowEDEO
        MAwGA1UEAwwFZWQ0NDgwQzAFBgMrZXEDOgAfUHPpud9hr642YVuWkVAPcBkx5CGn
        F38lwYJXifASwb2zPfkSgMrUCdjpCSPpALvCNJ2e3VhfxwCjUzBRMB0GA1UdDgQW
        BBR+jToa8QBhscTXMBDue/BieBluFDAfBgNVHSMEGDAWgBR+jToa8QBhscTXMBDu
        e/BieBluFDAPBgNVHRMBAf8EBTADAQH/MAUGAytlcQNzAAirmHD+x44bYVBRVj7V
        XLHFMAx8P2dvhKEXtLH7+kTshG75oAcerdPMhrrRn38Pva3dkM6xehHGAF1kQoUg
        CsHvepYQX/RZtFkNFD+DCwDzJiPKbk5EtTIhhaV5foPAJYoOdO85b/2CzgeaadQG
        m/YgAA==
        -----END CERTIFICATE-----
        """;

    private const string Ed448Key = """
        -----BEGIN PRIVATE KEY-----
        MEcCAQAwBQYDK2VxBDsEOTq4+XpH1Yf/85rQ6zYQQu0FTN9Rn82heYmfAJsWTjRL
        fLhlKBdaZxAWJV1+86oREcZmmPnVKrpkNw==
        -----END PRIVATE KEY-----
        """;

    private const string Ed25519Pfx =
        "MIIDdgIBAzCCAywGCSqGSIb3DQEHAaCCAx0EggMZMIIDFTCCAiIGCSqGSIb3DQEHBqCCAhMwggIPAgEAMIICCAYJKoZIhvcNAQcB"
        + "MFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg0/3WH6MeTnwICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEEK+"
        + "hOBDK17/eXMBCmhLwkaAggGgy/LFoCubsj5zN41PmtVsdJxdteYbwos9hJDzSQY+Txs4dpLNouZUOueWgqfPBJB7uY6B/hnWINsM"
        + "Y5KpSJ3SRDiU1R4AdpCOkqQQCOmthzXRpeNHDXyC7I3SJwLm1FiNKEkHJZ+GpRZb0zC3Kr2+b5uNIaGicUfvDr/2hpfjybt8nE66"
        + "C5tQaFAazGME6O+bNTaVbgPWc9DsHFh+66vLtB2htaZBeqQ4oaacGYZ0M7IujK0PEbUHJX1qM6eWafAqZP+/yU/GCW5M7/sOfOI6"
        + "fWgAxOoA9UJmM6LGjexkOFpY0IyIU2wjvmfmL4em6AZwWBTOo+jjOiUgmbpJa8pi1t130XzshUBoT9KACcj9tRG35H6EUsGVHvO2"
        + "jXe0+oMb4bCrFNnUVlc60d4NTwkWzA96n2nU5vbH6Wi6r7nFBj5xSHk5WWnPqI9vuRbiE9kufHnMeYPZDh9WSaNm/dfRPKBql7/h"
        + "0MSIgqEDpmc7f3KR5ojCd2WbEJVS6JafS5r7r196a4XcACzwlR34rRvG9sBOYWK2fj6eby6ou3q36o4wgewGCSqGSIb3DQEHAaCB"
        + "3gSB2zCB2DCB1QYLKoZIhvcNAQwKAQKggZ4wgZswVwYJKoZIhvcNAQUNMEowKQYJKoZIhvcNAQUMMBwECPIXtgwJaChfAgIIADAM"
        + "BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQM/ERFgjYkykzfDfZC/JKzgRAuFZFCeCTwolSGFY7YNCLIYletF5w6ahTwMX22PhL"
        + "pgznAzqKdkdHI34UsgQtQ5nsX/P7i8oZFeQJKccumf3sQzElMCMGCSqGSIb3DQEJFTEWBBTJGhg80P0lNJquXcvqtjtaN0QzZjBB"
        + "MDEwDQYJYIZIAWUDBAIBBQAEIEA162lUmkuRlmpYzujns/jWdL8u8hRwjXvfbozY32/IBAg5R9EGtdpX2gICCAA=";

    private readonly string _directory = Directory.CreateTempSubdirectory("sockeye-tls-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(Ed25519, Ed25519Key, "CN=ed25519 has a key of the kind Ed25519")]
    [InlineData(Ed25519 + "\n" + Ed25519Key, null, "CN=ed25519 has a key of the kind Ed25519")]
    [InlineData(Ed448, Ed448Key, "CN=ed448 has a key of the kind Ed448")]
    public void Key_that_NET_cannot_use_is_named_as_what_it_is(string certificate, string? key, string text)
    {
        var error = Fails(certificate, key);

        Assert.Contains(text + ", which .NET cannot use for TLS: make one with RSA (2048 bits or more), or with ECDSA", error);
        Assert.DoesNotContain("there is no certificate with its private key", error);
    }

    [Fact]
    public void The_same_in_PFX_is_named_too()
    {
        File.WriteAllBytes(InDirectory("cert"), Convert.FromBase64String(Ed25519Pfx));

        var error = Assert.Throws<CryptographicException>(() => TlsCertificates.Load(InDirectory("cert"), password: "")).Message;

        Assert.Contains("there is a key of the kind Ed25519, which .NET cannot use for TLS", error);
        Assert.DoesNotContain("there is no certificate with its private key", error);
    }

    [Theory]
    [InlineData("nistP256", true)]
    [InlineData("nistP384", true)]
    [InlineData("nistP521", true)]
    [InlineData("secp256k1", false)]
    [InlineData("brainpoolP256r1", false)]
    public void Curves_are_those_that_TLS_has_signatures_for(string curve, bool isUsable)
    {
        if (OperatingSystem.IsMacOS() && !isUsable)
            Assert.Skip("macOS makes no such key.");
        using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        using var made = Signed(new CertificateRequest("CN=curve", key, HashAlgorithmName.SHA256));

        if (isUsable)
        {
            Assert.Equal(made, Load(made.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem()));
            new TlsServerOptions().AddCertificate(made);
            return;
        }

        Assert.Contains("CN=curve has a key on the curve 1.3.", Fails(made.ExportCertificatePem(), key.ExportECPrivateKeyPem()));
        Assert.Contains(
            "for which TLS has no signatures",
            Assert.Throws<ArgumentException>(() => new TlsServerOptions().AddCertificate(made)).Message);
    }

    [Fact]
    public void Key_in_every_usual_form_is_read()
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var forRsa = Signed(new CertificateRequest("CN=r", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        using var forEc = Signed(new CertificateRequest("CN=e", ec, HashAlgorithmName.SHA256));
        var (rsaPem, ecPem) = (forRsa.ExportCertificatePem(), forEc.ExportCertificatePem());

        Assert.Equal(forRsa, Load(rsaPem, rsa.ExportRSAPrivateKeyPem()));
        Assert.Equal(forRsa, Load(rsaPem, rsa.ExportPkcs8PrivateKeyPem()));
        Assert.Equal(forRsa, Load(rsaPem, rsa.ExportEncryptedPkcs8PrivateKeyPem("x", Encryption), "x"));
        Assert.Equal(forEc, Load(ecPem, ec.ExportECPrivateKeyPem()));
        Assert.Equal(forEc, Load("\uFEFF# comment\n" + ecPem.ReplaceLineEndings("\r\n"), ec.ExportPkcs8PrivateKeyPem()));
        Assert.Equal(forEc, Load(ec.ExportPkcs8PrivateKeyPem() + "\n" + ecPem, null));
        Assert.Equal(forEc, Load(ecPem, ec.ExportEncryptedPkcs8PrivateKeyPem("x", Encryption), "x"));
    }

    [Fact]
    public void What_is_wrong_with_a_pair_is_said_as_it_is()
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var first = Signed(new CertificateRequest("CN=first", ec, HashAlgorithmName.SHA256));
        using var second = Signed(new CertificateRequest("CN=second", other, HashAlgorithmName.SHA256));
        var (pem, key) = (first.ExportCertificatePem(), ec.ExportPkcs8PrivateKeyPem());
        var encrypted = ec.ExportEncryptedPkcs8PrivateKeyPem("x", Encryption);

        AssertFails("the private key belongs to another certificate", pem, other.ExportPkcs8PrivateKeyPem());
        AssertFails("the private key is RSA, and the certificate CN=first has one of ECDSA", pem, rsa.ExportRSAPrivateKeyPem());
        AssertFails("the private key is RSA, and the certificate CN=first has one of ECDSA", pem, rsa.ExportPkcs8PrivateKeyPem());
        AssertFails("the private key is Ed25519, and the certificate CN=first has one of ECDSA", pem, Ed25519Key);
        AssertFails("the private key belongs to CN=first, which must be the first certificate in the file",
            second.ExportCertificatePem() + "\n" + pem, key);
        AssertFails("there is no private key", pem, null);
        AssertFails("there is no private key", pem, pem);
        AssertFails("there is no readable certificate", key, null);
        AssertFails("the private key is encrypted, and no password is given", pem, encrypted);
        AssertFails("the password does not open the private key", pem, encrypted, "y");
        AssertFails("the private key is not encrypted, and a password is given", pem, key, "x");
        AssertFails("the private key belongs to another certificate", second.ExportCertificatePem(), encrypted, "x");
        AssertFails("the private key is encrypted in a form older than PKCS #8", pem,
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n"
                + "-----END RSA PRIVATE KEY-----");
        AssertFails("the private key is in the form of OpenSSH", pem,
            "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----");
        File.WriteAllBytes(InDirectory("cert"), first.RawData);
        Assert.Contains("it is a certificate in DER, which cannot contain a key",
            Assert.Throws<CryptographicException>(() => TlsCertificates.Load(InDirectory("cert"))).Message);
        File.WriteAllBytes(InDirectory("cert"), []);
        Assert.Contains("the file is empty",
            Assert.Throws<CryptographicException>(() => TlsCertificates.Load(InDirectory("cert"))).Message);
        File.WriteAllBytes(InDirectory("cert"), second.Export(X509ContentType.Pfx, "x"));
        Assert.Contains("password",
            Assert.Throws<CryptographicException>(() => TlsCertificates.Load(InDirectory("cert"), password: "y")).Message);
    }

    private static PbeParameters Encryption { get; } = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);

    private static X509Certificate2 Signed(CertificateRequest request)
    {
        var start = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return request.CreateSelfSigned(start, start.AddYears(100));
    }

    private void AssertFails(string text, string certificate, string? key, string? password = null)
    {
        var error = Fails(certificate, key, password);
        Assert.Contains($": there is no certificate with its private key: {text}", error);
        Assert.StartsWith(InDirectory("cert"), error, StringComparison.Ordinal);
    }

    private string Fails(string certificate, string? key, string? password = null) =>
        Assert.Throws<CryptographicException>(() => Load(certificate, key, password)).Message;

    private X509Certificate2 Load(string certificate, string? key, string? password = null)
    {
        File.WriteAllText(InDirectory("cert"), certificate);
        if (key is not null)
            File.WriteAllText(InDirectory("key"), key);
        return TlsCertificates.Load(InDirectory("cert"), key is null ? null : InDirectory("key"), password);
    }

    private string InDirectory(string name) => Path.Combine(_directory, name);
}
