using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>A certificate with its key and its intermediate certificates.</summary>
internal sealed class CertificateAndChain
{
    public CertificateAndChain(X509Certificate2 certificate, X509Certificate2Collection chain)
    {
        if (CertificateKeys.DescribeUnusable(certificate) is { } fault)
            throw new ArgumentException($"{char.ToUpperInvariant(fault[0])}{fault[1..]}.");
        if (!certificate.HasPrivateKey)
        {
            throw new ArgumentException(
                $"The certificate {TlsCertificates.Describe(certificate)} has no private key, which a server needs to prove "
                + "its identity. Load it with its key (PFX, or PEM with a key file).");
        }

        (Certificate, Chain) = (certificate, chain);
        Context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2Collection Chain { get; }

    /// <summary>The context of the certificate, which also has the state for session resumption.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>Returns the names in the certificate.</summary>
    public IReadOnlyList<string> Names() => GetNames(Certificate);

    public static IReadOnlyList<string> GetNames(X509Certificate2 certificate)
    {
        var names = new List<string>();
        foreach (var extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            names.AddRange(extension.EnumerateDnsNames());
            names.AddRange(extension.EnumerateIPAddresses().Select(address => address.ToString()));
        }

        if (names.Count == 0 && certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } name)
            names.Add(name);
        return names;
    }

    /// <summary>
    /// Returns whether a pattern matches a name: it is the same, or its "*." matches one label (RFC 6125, section 6.4.3). Both
    /// have the form of <see cref="HostNames.ToAscii"/>.
    /// </summary>
    public static bool Matches(string pattern, string name)
    {
        if (!pattern.StartsWith("*.", StringComparison.Ordinal))
            return string.Equals(pattern, name, StringComparison.OrdinalIgnoreCase);
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && name.AsSpan(dot).Equals(pattern.AsSpan(1), StringComparison.OrdinalIgnoreCase);
    }
}
