using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>Names the kinds of keys of certificates, and describes keys that TLS cannot use.</summary>
internal static class CertificateKeys
{
    private const string Rsa = "1.2.840.113549.1.1.1";
    private const string Ec = "1.2.840.10045.2.1";

    private const string Advice = "make one with RSA (2048 bits or more), or with ECDSA on P-256, P-384 or P-521";

    private static readonly Dictionary<string, string> Kinds = new()
    {
        [Rsa] = "RSA",
        [Ec] = "ECDSA",
        ["1.2.840.113549.1.1.10"] = "RSASSA-PSS",
        ["1.2.840.10040.4.1"] = "DSA",
        ["1.3.101.110"] = "X25519",
        ["1.3.101.111"] = "X448",
        ["1.3.101.112"] = "Ed25519",
        ["1.3.101.113"] = "Ed448",
    };

    /// <summary>The curves for which TLS has signatures: RFC 8446, section 4.2.3.</summary>
    private static readonly Dictionary<string, string> Curves = new()
    {
        ["1.2.840.10045.3.1.7"] = "P-256",
        ["1.3.132.0.34"] = "P-384",
        ["1.3.132.0.35"] = "P-521",
    };

    /// <summary>Returns the common name of the kind, or its object identifier if it has no name.</summary>
    public static string GetKind(string? identifier) => Kinds.GetValueOrDefault(identifier ?? "", identifier ?? "unknown");

    public static string GetKind(X509Certificate2 certificate) => GetKind(certificate.PublicKey.Oid.Value);

    /// <summary>
    /// Returns null if TLS can use the key; otherwise the reason and a remedy, as a sentence without a full stop.
    /// </summary>
    public static string? DescribeUnusable(X509Certificate2 certificate)
    {
        var name = TlsCertificates.Describe(certificate);
        var identifier = certificate.PublicKey.Oid.Value ?? "";
        if (identifier == Ec)
        {
            return GetCurve(certificate) is var curve && Curves.ContainsKey(curve)
                ? null
                : $"the certificate {name} has a key on the curve {curve}, for which TLS has no signatures (RFC 8446, section "
                    + $"4.2.3): {Advice}";
        }

        return identifier != Rsa && Kinds.TryGetValue(identifier, out var kind)
            ? $"the certificate {name} has a key of the kind {kind}, which .NET cannot use for TLS: {Advice}"
            : null;
    }

    /// <summary>Finds the kind of key that an error of .NET names, and describes why it is unusable.</summary>
    public static string? FindUnusable(string error) => Kinds
        .Where(kind => kind.Key is not (Rsa or Ec) && error.Contains($"'{kind.Key}'", StringComparison.Ordinal))
        .Select(kind => $"there is a key of the kind {kind.Value}, which .NET cannot use for TLS: {Advice}")
        .FirstOrDefault();

    private static string GetCurve(X509Certificate2 certificate)
    {
        try
        {
            return AsnDecoder.ReadObjectIdentifier(
                certificate.PublicKey.EncodedParameters?.RawData, AsnEncodingRules.BER, out _);
        }
        catch (AsnContentException)
        {
            return "of explicit parameters";
        }
    }
}
