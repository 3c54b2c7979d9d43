using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>Validates the peer's certificate, and stores a description of its fault.</summary>
/// <param name="own">The validation callback of the user. If not null, only it decides.</param>
/// <param name="isRequired">Whether the peer must send a certificate.</param>
/// <param name="pin">The SHA-256 fingerprint of the only accepted certificate, or null.</param>
internal sealed class PeerCertificateValidator(RemoteCertificateValidationCallback? own, bool isRequired, byte[]? pin = null)
{
    public bool Validate(object ssl, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var tls = (TlsStream)ssl;
        if (own is not null)
        {
            if (own(ssl, certificate, chain, errors))
                return true;
            tls.RefusedCertificate = (TlsFailure.CertificateRefused, new("the validation callback of the options refused the "
                + (certificate is null ? "peer, which sent no certificate" : $"certificate {certificate.Subject}")));
            return false;
        }

        if (certificate is null)
        {
            if (!isRequired)
                return true;
            tls.RefusedCertificate = tls.Role is TlsRole.Server
                ? (TlsFailure.ClientCertificateRequired, TlsFailures.NoClientCertificate)
                : (TlsFailure.CertificateRefused, new("the server sent no certificate"));
            return false;
        }

        var shown = certificate as X509Certificate2 ?? new(certificate);
        if (pin is not null)
        {
            if (CryptographicOperations.FixedTimeEquals(shown.GetCertHash(HashAlgorithmName.SHA256), pin))
                return true;
            tls.RefusedCertificate = (TlsFailure.WrongFingerprint,
                new(
                    $"the certificate {TlsCertificates.Describe(shown)} has the fingerprint "
                        + $"{TlsCertificates.Fingerprint(shown)}, which is not the pinned one",
                    nameof(TlsClientOptions.PinnedFingerprint)));
            return false;
        }

        if (errors is SslPolicyErrors.None)
            return true;
        tls.RefusedCertificate = CertificateFaults.Describe(shown, chain, errors, tls);
        return false;
    }
}
