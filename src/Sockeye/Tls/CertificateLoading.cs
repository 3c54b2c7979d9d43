using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>Reads certificates with their keys from files.</summary>
internal static class CertificateLoading
{
    public static CertificateAndChain Load(string certificatePath, string? keyPath, string? password)
    {
        var bytes = File.ReadAllBytes(certificatePath);
        try
        {
            return bytes.AsSpan().IndexOf("-----BEGIN "u8) >= 0
                ? LoadPem(certificatePath, keyPath, password)
                : LoadPfx(bytes, password);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            var files = keyPath is null ? certificatePath : $"{certificatePath} and {keyPath}";
            throw new CryptographicException(
                $"{files}: there is no certificate with its private key: {e.Message.TrimEnd('.')}. Expected: PEM (the key in the "
                    + "same file or in one of its own), or PFX; and a password where it has one.", e);
        }
    }

    private static CertificateAndChain LoadPem(string certificatePath, string? keyPath, string? password)
    {
        var certificates = File.ReadAllText(certificatePath);
        var key = keyPath is null ? certificates : File.ReadAllText(keyPath);
        var leaf = password is null
            ? X509Certificate2.CreateFromPem(certificates, key)
            : X509Certificate2.CreateFromEncryptedPem(certificates, key, password);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificates);
        return new(Usable(leaf), Others(chain, leaf));
    }

    private static CertificateAndChain LoadPfx(byte[] bytes, string? password)
    {
        var all = X509CertificateLoader.LoadPkcs12Collection(bytes, password);
        var leaf = all.FirstOrDefault(certificate => certificate.HasPrivateKey)
            ?? throw new CryptographicException("no certificate in it has a private key");
        return new(leaf, Others(all, leaf));
    }

    private static X509Certificate2Collection Others(X509Certificate2Collection all, X509Certificate2 leaf) =>
        [.. all.Where(certificate => !certificate.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span))];

    /// <summary>Windows' TLS does not take a key that was never in a store of keys: through PFX it gets into one.</summary>
    private static X509Certificate2 Usable(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
            return certificate;
        using (certificate)
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}
