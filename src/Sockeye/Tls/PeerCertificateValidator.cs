using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>Judges the peer's certificate, and keeps the sentence that says what is wrong with it.</summary>
/// <param name="own">The user's judgement, which then is the only one.</param>
/// <param name="isRequired">Whether the peer has to show one.</param>
/// <param name="pin">The SHA-256 fingerprint of the only one to accept.</param>
internal sealed class PeerCertificateValidator(RemoteCertificateValidationCallback? own, bool isRequired, byte[]? pin = null)
{
    public bool Validate(object ssl, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var tls = (TlsStream)ssl;
        if (own is not null)
        {
            if (own(ssl, certificate, chain, errors))
                return true;
            tls.RefusedCertificate = (TlsFailure.CertificateRefused, "the validation that the options give refused the "
                + (certificate is null ? "peer, which has shown no certificate" : $"certificate {certificate.Subject}"));
            return false;
        }

        if (certificate is null)
        {
            if (!isRequired)
                return true;
            tls.RefusedCertificate = tls.Role is TlsRole.Server
                ? (TlsFailure.ClientCertificateRequired, "the client has shown no certificate, and this server requires one")
                : (TlsFailure.CertificateRefused, "the server has shown no certificate");
            return false;
        }

        var shown = certificate as X509Certificate2 ?? new(certificate);
        if (pin is not null)
        {
            if (CryptographicOperations.FixedTimeEquals(shown.GetCertHash(HashAlgorithmName.SHA256), pin))
                return true;
            tls.RefusedCertificate = (TlsFailure.WrongFingerprint,
                $"the certificate {TlsCertificates.Describe(shown)} has the fingerprint {TlsCertificates.Fingerprint(shown)}, "
                    + "which is not the one that was pinned (PinnedFingerprint)");
            return false;
        }

        if (errors is SslPolicyErrors.None)
            return true;
        tls.RefusedCertificate = CertificateFaults.Describe(shown, chain, errors, tls);
        return false;
    }
}
