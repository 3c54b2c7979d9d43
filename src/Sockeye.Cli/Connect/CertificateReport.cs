using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye.Cli;

/// <summary>The certificates that a server has shown, as text.</summary>
internal static class CertificateReport
{
    public static IEnumerable<string> GetLines(ShownCertificates shown, DateTimeOffset now) =>
        shown.All.Index().SelectMany(each => Describe(each.Item, $"{each.Index + 1} of {shown.All.Count}", now));

    private static IEnumerable<string> Describe(X509Certificate2 certificate, string position, DateTimeOffset now)
    {
        var (from, to) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        var days = Math.Floor((to - now.UtcDateTime).TotalDays);
        yield return $"certificate {position}: {certificate.Subject}";
        if (ShownCertificates.GetNames(certificate) is { Count: > 0 } names)
            yield return $"  names:       {string.Join(", ", names)}";
        yield return $"  issuer:      {certificate.Issuer}";
        yield return $"  valid:       {from:u} to {to:u}";
        yield return string.Create(CultureInfo.InvariantCulture, $"  days left:   {days}");
        yield return $"  fingerprint: {TlsCertificates.Fingerprint(certificate)} (SHA-256)";
    }
}
