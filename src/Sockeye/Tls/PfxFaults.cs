using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>Describes why a file in a format other than PEM does not contain a certificate with its key.</summary>
internal static class PfxFaults
{
    /// <summary>Returns a sentence without a full stop; null if the message of .NET is sufficient.</summary>
    public static string? Describe(byte[] bytes)
    {
        if (bytes.Length == 0)
            return "the file is empty";
        try
        {
            using var alone = X509CertificateLoader.LoadCertificate(bytes);
            return "it is a certificate in DER, which cannot contain a key (\"openssl x509 -inform der -in OLD -out NEW\" makes "
                + "it PEM)";
        }
        catch (CryptographicException)
        {
            return null; // PFX, or an unknown format.
        }
    }
}
