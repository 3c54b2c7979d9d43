using System.Security.Cryptography.X509Certificates;

namespace Sockeye.Cli;

/// <summary>The certificates that a server has shown, its own first.</summary>
internal sealed class ShownCertificates
{
    private readonly List<X509Certificate2> _all = [];

    public IReadOnlyList<X509Certificate2> All => _all;

    /// <summary>Accepts any certificate, and keeps copies, since the chain is disposed after this call.</summary>
    public bool Keep(X509Certificate? certificate, X509Chain? chain)
    {
        _all.Clear();
        foreach (var element in chain?.ChainElements.AsEnumerable() ?? [])
            _all.Add(X509CertificateLoader.LoadCertificate(element.Certificate.RawData));
        if (_all.Count == 0 && certificate is not null)
            _all.Add(X509CertificateLoader.LoadCertificate(certificate.GetRawCertData()));
        return true;
    }

    /// <summary>Returns the names and addresses that a certificate is for.</summary>
    public static IReadOnlyList<string> GetNames(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is { } names
            ? [.. names.EnumerateDnsNames(), .. names.EnumerateIPAddresses().Select(address => $"{address}")]
            : [];
}
