using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>Describes why certificates are refused.</summary>
internal static class CertificateFaults
{
    private const int MaxNames = 5;

    public static (TlsFailure Failure, Explanation Explanation) Describe(
        X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors, TlsStream tls)
    {
        var name = TlsCertificates.Describe(certificate);
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            var all = chain?.ChainStatus ?? [];
            var status = all.Aggregate(X509ChainStatusFlags.NoError, (flags, one) => flags | one.Status);
            if (status.HasFlag(X509ChainStatusFlags.Revoked))
                return (TlsFailure.Revoked, new($"the certificate {name}, or one above it, was revoked by its issuer"));
            if (status.HasFlag(X509ChainStatusFlags.NotTimeValid))
                return DescribeDates(certificate, chain!);
            if ((status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
                return DescribeAuthority(certificate, chain!, tls);
            var what = string.Join("; ", all.Select(one => one.StatusInformation.Trim().TrimEnd('.')).Distinct());
            return (TlsFailure.CertificateRefused, new($"the certificate {name} cannot be trusted: {what}"));
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return (TlsFailure.WrongHost,
                new(
                    $"the certificate is for {FormatNames(certificate)}, not for {tls.TargetHostName}: connect to one of its "
                        + "names, or set the intended name",
                    nameof(SslClientAuthenticationOptions.TargetHost)));
        }

        return (TlsFailure.CertificateRefused, new($"the certificate {name} was refused: {errors}"));
    }

    private static (TlsFailure Failure, Explanation Explanation) DescribeDates(X509Certificate2 certificate, X509Chain chain)
    {
        var bad = chain.ChainElements
            .FirstOrDefault(element => element.ChainElementStatus.Any(one => one.Status is X509ChainStatusFlags.NotTimeValid))
            ?.Certificate ?? certificate;
        var which = bad.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span)
            ? $"the certificate {TlsCertificates.Describe(bad)}"
            : $"the certificate {TlsCertificates.Describe(bad)}, which signed the peer's,";
        return chain.ChainPolicy.VerificationTime < bad.NotBefore
            ? (
                TlsFailure.CertificateNotYetValid,
                new($"{which} is not valid before {FormatDate(bad.NotBefore)}: is a clock wrong?"))
            : (TlsFailure.CertificateExpired, new($"{which} expired on {FormatDate(bad.NotAfter)}"));
    }

    private static (TlsFailure Failure, Explanation Explanation) DescribeAuthority(
        X509Certificate2 certificate, X509Chain chain, TlsStream tls)
    {
        if (certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData))
        {
            var selfSigned = $"the certificate {TlsCertificates.Describe(certificate)} is self-signed; its fingerprint is "
                + TlsCertificates.Fingerprint(certificate);
            return (TlsFailure.SelfSigned, tls.Role is TlsRole.Client
                ? new($"{selfSigned}: if that is the server's, pin it", nameof(TlsClientOptions.PinnedFingerprint))
                : new(selfSigned));
        }

        var top = chain.ChainElements.LastOrDefault()?.Certificate ?? certificate;
        return (TlsFailure.UnknownAuthority,
            new(
                $"the certificate {TlsCertificates.Describe(certificate)} was signed by {FormatName(top.Issuer)}, which this "
                    + "side does not trust",
                tls.Role is TlsRole.Client ? nameof(TlsClientOptions.TrustedAuthorities)
                    : nameof(TlsServerOptions.RequireClientCertificate)));
    }

    private static string FormatNames(X509Certificate2 certificate)
    {
        var names = CertificateAndChain.GetNames(certificate);
        var listed = string.Join(", ", names.Take(MaxNames));
        return names.Count == 0 ? "no name" : names.Count > MaxNames ? $"{listed} and {names.Count - MaxNames} more" : listed;
    }

    private static string FormatName(string issuer) => issuer.Length > 0 ? issuer : "an issuer without a name";

    private static string FormatDate(DateTime time) => time.ToUniversalTime().ToString("u", CultureInfo.InvariantCulture);
}
