namespace Sockeye;

/// <summary>The cause of a TLS failure.</summary>
public enum TlsFailure
{
    /// <summary>Another cause, which the message and the inner exception describe.</summary>
    Other,

    /// <summary>The handshake did not finish in time.</summary>
    Timeout,

    /// <summary>The peer closed or reset the connection before the handshake was finished.</summary>
    PeerClosed,

    /// <summary>The peer does not speak TLS.</summary>
    PlainText,

    /// <summary>The peer's certificate has expired.</summary>
    CertificateExpired,

    /// <summary>The peer's certificate is not valid yet.</summary>
    CertificateNotYetValid,

    /// <summary>The server's certificate does not contain the requested name.</summary>
    WrongHost,

    /// <summary>The peer's certificate was not signed by a trusted authority.</summary>
    UnknownAuthority,

    /// <summary>The peer signed its certificate itself.</summary>
    SelfSigned,

    /// <summary>The peer's certificate, or one above it, was revoked.</summary>
    Revoked,

    /// <summary>The peer's certificate is not the one that was pinned.</summary>
    WrongFingerprint,

    /// <summary>The peer's certificate was refused for another reason.</summary>
    CertificateRefused,

    /// <summary>The server requires a client certificate, and the client sent none.</summary>
    ClientCertificateRequired,

    /// <summary>The peer refused the certificate of this side.</summary>
    OwnCertificateRefused,

    /// <summary>The two sides have no version of TLS in common.</summary>
    NoCommonVersion,

    /// <summary>The two sides have no cipher suite in common.</summary>
    NoCommonCipher,

    /// <summary>The two sides have no application protocol (ALPN) in common.</summary>
    NoCommonApplicationProtocol,
}
