using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>A certificate and its key in PEM (RFC 7468), in one text or two.</summary>
internal sealed class PemPair
{
    public PemPair(CertificateBytes bytes)
    {
        Certificates = GetText(bytes.Certificate);
        Key = bytes.Key is null ? Certificates : GetText(bytes.Key);
    }

    public string Certificates { get; }

    public string Key { get; }

    /// <summary>The certificate that should match the key; null if no certificate can be read.</summary>
    public X509Certificate2? First => All().FirstOrDefault();

    /// <summary>Returns the certificates in the text, up to the first that cannot be read.</summary>
    public IEnumerable<X509Certificate2> All()
    {
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPem(Certificates);
        }
        catch (CryptographicException)
        {
            // There is no further certificate. Loading fails with the reason.
        }

        return all;
    }

    private static string GetText(byte[] bytes)
    {
        using var reader = new StreamReader(new MemoryStream(bytes));
        return reader.ReadToEnd();
    }
}
