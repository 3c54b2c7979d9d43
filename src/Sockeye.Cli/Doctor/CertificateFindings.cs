using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye.Cli;

/// <summary>Findings about the certificates that a server has shown.</summary>
internal static class CertificateFindings
{
    private const int FewDays = 30;
    private const int TooFewDays = 7;
    private const int MaxNames = 5;

    /// <param name="certificates">The certificates, that of the server first.</param>
    /// <param name="now">The time of this machine.</param>
    public static IEnumerable<Finding> Describe(IReadOnlyList<X509Certificate2> certificates, DateTimeOffset now)
    {
        if (certificates is not [var own, ..])
            yield break;
        var names = ShownCertificates.GetNames(own);
        // The subject may be empty: clients read the names only (RFC 9525).
        var value = own.Subject.Length > 0 ? own.Subject : names is [var first, ..] ? first : "without a name";
        var shown = names.Count == 0 ? "no name"
            : string.Join(", ", names.Take(MaxNames)) + (names.Count > MaxNames ? $" and {names.Count - MaxNames} more" : "");
        var issuers = certificates.Select(each => each.Issuer).Distinct().ToList();
        var signed = own.Issuer == own.Subject ? "Signed by itself" : $"Issued by {string.Join(", then ", issuers)}";
        yield return new(
            "certificate", PrintableText.Escape(value), FindingSeverity.Ok, PrintableText.Escape($"For {shown}. {signed}."));
        yield return Expiry(own, now);
    }

    internal static Finding Expiry(X509Certificate2 certificate, DateTimeOffset now)
    {
        var (from, to) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        if (from > now.UtcDateTime)
        {
            return new(
                "expiry", $"not valid before {Date(from)}", FindingSeverity.Problem,
                "Clients refuse it until then. If that is in the past, the clock of this machine is wrong.");
        }

        var left = to - now.UtcDateTime;
        if (left < TimeSpan.Zero)
        {
            return new(
                "expiry", $"{Date(to)}, {QuantityText.FormatCount((long)-left.TotalDays, "day")} ago", FindingSeverity.Problem,
                "Clients refuse it: renew it now.");
        }

        var value = $"{Date(to)}, {QuantityText.FormatCount((long)left.TotalDays, "day")} left";
        return left.TotalDays < TooFewDays
                ? new("expiry", value, FindingSeverity.Problem, "It ends this week: renew it now.")
            : left.TotalDays < FewDays
                ? new("expiry", value, FindingSeverity.Note, "Renew it, and let that happen by itself (ACME).")
            : new("expiry", value, FindingSeverity.Ok);
    }

    private static string Date(DateTime time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
