using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>A certificate with its key, and those between it and its root.</summary>
internal sealed class CertificateAndChain
{
    public CertificateAndChain(X509Certificate2 certificate, X509Certificate2Collection chain)
    {
        if (CertificateKeys.DescribeUnusable(certificate) is { } why)
            throw new ArgumentException($"{char.ToUpperInvariant(why[0])}{why[1..]}.");
        if (!certificate.HasPrivateKey)
        {
            throw new ArgumentException(
                $"The certificate {TlsCertificates.Describe(certificate)} has no private key: a server cannot prove with it who "
                    + "it is. Load it with its key (PFX, or PEM with a key file).");
        }

        (Certificate, Chain) = (certificate, chain);
        Context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2Collection Chain { get; }

    /// <summary>Keeps, besides, the state that lets clients resume.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>The names that it is for, as it says itself.</summary>
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

    /// <summary>Whether a name is meant: the same, or one label more than "*." stands for (RFC 6125, section 6.4.3). Both are as
    /// <see cref="HostNames.ToAscii"/> makes them.</summary>
    public static bool Matches(string pattern, string name)
    {
        if (!pattern.StartsWith("*.", StringComparison.Ordinal))
            return string.Equals(pattern, name, StringComparison.OrdinalIgnoreCase);
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && name.AsSpan(dot).Equals(pattern.AsSpan(1), StringComparison.OrdinalIgnoreCase);
    }
}
