using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>Explains why a file in another format than PEM does not contain a certificate with its key.</summary>
internal static class PfxFaults
{
    /// <summary>A sentence without a full stop; null where .NET's own says it.</summary>
    public static string? Describe(byte[] bytes)
    {
        if (bytes.Length == 0)
            return "the file is empty";
        try
        {
            using var alone = X509CertificateLoader.LoadCertificate(bytes);
            return "it is a certificate in DER, which has no room for a key (\"openssl x509 -inform der -in OLD -out NEW\" makes "
                + "it PEM)";
        }
        catch (CryptographicException)
        {
            return null; // PFX, or nothing that is known.
        }
    }
}
