using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>Reads certificates with their keys from files.</summary>
internal static class CertificateLoading
{
    public static CertificateAndChain Load(string certificatePath, string? keyPath, string? password) =>
        Load(CertificateBytes.Read(certificatePath, keyPath), certificatePath, keyPath, password);

    public static CertificateAndChain Load(CertificateBytes bytes, string certificatePath, string? keyPath, string? password)
    {
        var files = keyPath is null ? certificatePath : $"{certificatePath} and {keyPath}";
        var pem = IsPem(bytes.Certificate) ? new PemPair(bytes) : null;
        if (pem?.First is { } first)
            ThrowIfUnusable(first, files);
        (X509Certificate2 Leaf, X509Certificate2Collection Chain) loaded;
        try
        {
            loaded = pem is not null ? LoadPem(pem, password) : LoadPfx(bytes.Certificate, password);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            if (CertificateKeys.FindUnusable(e.Message) is { } unusable)
                throw new CryptographicException($"{files}: {unusable}.", e);
            var wrong = (pem is null ? PfxFaults.Describe(bytes.Certificate) : PemFaults.Describe(pem, password))
                ?? e.Message.TrimEnd('.');
            throw new CryptographicException(
                $"{files}: there is no certificate with its private key: {wrong}. Expected: PEM (the key in the "
                + "same file or in another), or PFX, with the password if there is one.", e);
        }

        ThrowIfUnusable(loaded.Leaf, files);
        return new(loaded.Leaf, loaded.Chain);
    }

    private static void ThrowIfUnusable(X509Certificate2 certificate, string files)
    {
        if (CertificateKeys.DescribeUnusable(certificate) is { } fault)
            throw new CryptographicException($"{files}: {fault}.");
    }

    private static bool IsPem(ReadOnlySpan<byte> bytes) => bytes.IndexOf("-----BEGIN "u8) >= 0;

    private static (X509Certificate2 Leaf, X509Certificate2Collection Chain) LoadPem(PemPair pem, string? password)
    {
        var leaf = password is null
            ? X509Certificate2.CreateFromPem(pem.Certificates, pem.Key)
            : X509Certificate2.CreateFromEncryptedPem(pem.Certificates, pem.Key, password);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem.Certificates);
        return (MakeUsable(leaf), WithoutLeaf(chain, leaf));
    }

    private static (X509Certificate2 Leaf, X509Certificate2Collection Chain) LoadPfx(byte[] bytes, string? password)
    {
        var all = X509CertificateLoader.LoadPkcs12Collection(bytes, password);
        var leaf = all.FirstOrDefault(certificate => certificate.HasPrivateKey)
            ?? throw new CryptographicException("no certificate in it has a private key");
        return (leaf, WithoutLeaf(all, leaf));
    }

    private static X509Certificate2Collection WithoutLeaf(X509Certificate2Collection all, X509Certificate2 leaf) =>
        [.. all.Where(certificate => !certificate.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span))];

    /// <summary>Moves the key to a key store by way of PFX, because TLS on Windows does not accept other keys.</summary>
    private static X509Certificate2 MakeUsable(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
            return certificate;
        using (certificate)
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}
