using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye.Transport.Tests.Support;

/// <summary>A certificate with an RSA key that comes from a PFX, as those of Windows servers usually do.</summary>
internal static class PfxCertificate
{
    private const string Password = "test";
    private const int Iterations = 2000;

    public static X509Certificate2 Create(string host)
    {
        using var key = RSA.Create(2048);
        var name = new X500DistinguishedName($"CN={host}");
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var signed = request.Create(
            name, X509SignatureGenerator.CreateForRSA(key, RSASignaturePadding.Pkcs1), now.AddDays(-1), now.AddDays(7), [1]);
        return X509CertificateLoader.LoadPkcs12(Encode(signed, key), Password);
    }

    /// <summary>X509Certificate2.Export needs the key store of the system on Windows.</summary>
    private static byte[] Encode(X509Certificate2 certificate, RSA key)
    {
        var certificates = new Pkcs12SafeContents();
        certificates.AddCertificate(certificate).Attributes.Add(new Pkcs9LocalKeyId([1]));
        var keys = new Pkcs12SafeContents();
        keys.AddKeyUnencrypted(key).Attributes.Add(new Pkcs9LocalKeyId([1]));
        var builder = new Pkcs12Builder();
        builder.AddSafeContentsUnencrypted(certificates);
        builder.AddSafeContentsUnencrypted(keys);
        builder.SealWithMac(Password, HashAlgorithmName.SHA256, Iterations);
        return builder.Encode();
    }
}
