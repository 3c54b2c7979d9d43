using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>Describes why a certificate and a key in PEM cannot be used together, for which .NET has only one message.</summary>
internal static class PemFaults
{
    private const string Encrypted = "ENCRYPTED PRIVATE KEY";
    private const string Pkcs8 = "PRIVATE KEY";

    /// <summary>Returns a sentence without a full stop, or null if no fault is found.</summary>
    public static string? Describe(PemPair pem, string? password)
    {
        if (pem.First is not { } certificate)
            return "there is no readable certificate";
        // .NET reads neither of these two forms of PEM.
        if (pem.Key.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
        {
            return "the private key is encrypted in a form older than PKCS #8, which .NET does not read (\"openssl pkcs8 -topk8 "
                + "-in OLD -out NEW\" makes it PKCS #8)";
        }

        if (pem.Key.Contains("-----BEGIN OPENSSH PRIVATE KEY-----", StringComparison.Ordinal))
            return "the private key is in the form of OpenSSH (\"ssh-keygen -p -m PKCS8 -f KEY\" makes it PKCS #8)";
        if (FindKey(pem.Key) is not var (label, bytes))
            return "there is no private key";
        if (label == Encrypted && password is null)
            return "the private key is encrypted, and no password is given";
        if (label != Encrypted && password is not null)
            return "the private key is not encrypted, and a password is given";
        if (GetKind(label, bytes, pem.Key, password) is not { } kind)
            return label == Encrypted ? "the password does not open the private key" : "the private key cannot be read";
        var expected = CertificateKeys.GetKind(certificate);
        if (kind != expected)
        {
            return $"the private key is {kind}, and the certificate {TlsCertificates.Describe(certificate)} has one of "
                + $"{expected}: it belongs to another certificate";
        }

        return pem.All().Skip(1).FirstOrDefault(other => IsPair(other, pem.Key, password)) is { } owner
            ? $"the private key belongs to {TlsCertificates.Describe(owner)}, which must be the first certificate in the file"
            : "the private key belongs to another certificate";
    }

    private static (string Label, byte[] Bytes)? FindKey(string text)
    {
        var rest = text.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            if (rest[fields.Label].EndsWith(Pkcs8))
                return (rest[fields.Label].ToString(), Convert.FromBase64String(rest[fields.Base64Data].ToString()));
            rest = rest[fields.Location.End..];
        }

        return null;
    }

    /// <summary>Returns the kind of the key; null if the key cannot be read.</summary>
    private static string? GetKind(string label, byte[] key, string text, string? password)
    {
        switch (label)
        {
            case "RSA PRIVATE KEY":
                return "RSA";
            case "EC PRIVATE KEY":
                return "ECDSA";
            case "DSA PRIVATE KEY":
                return "DSA";
            case Encrypted:
                return CanDecrypt(RSA.Create(), text, password) ? "RSA"
                    : CanDecrypt(ECDsa.Create(), text, password) ? "ECDSA"
                    : null;
            default:
                return GetPkcs8Kind(key);
        }
    }

    /// <summary>
    /// Returns the kind of a key in PKCS #8 (RFC 5958, section 2): a sequence of the version and the algorithm, which is a
    /// sequence that starts with its identifier.
    /// </summary>
    private static string? GetPkcs8Kind(byte[] key)
    {
        try
        {
            var content = new AsnReader(key, AsnEncodingRules.BER).ReadSequence();
            content.ReadInteger();
            return CertificateKeys.GetKind(content.ReadSequence().ReadObjectIdentifier());
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static bool CanDecrypt(AsymmetricAlgorithm key, string text, string? password)
    {
        using (key)
        {
            try
            {
                key.ImportFromEncryptedPem(text, password);
                return true;
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                return false; // That is the answer.
            }
        }
    }

    private static bool IsPair(X509Certificate2 certificate, string key, string? password)
    {
        try
        {
            var pem = certificate.ExportCertificatePem();
            using var pair = password is null
                ? X509Certificate2.CreateFromPem(pem, key)
                : X509Certificate2.CreateFromEncryptedPem(pem, key, password);
            return true;
        }
        catch (CryptographicException)
        {
            return false; // That is the answer.
        }
    }
}
