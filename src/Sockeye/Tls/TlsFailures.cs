using System.Net.Security;

namespace Sockeye;

/// <summary>Describes failures of TLS, for both sides.</summary>
internal static class TlsFailures
{
    /// <summary>The explanation of <see cref="TlsFailure.ClientCertificateRequired"/> on the side of the server.</summary>
    public static readonly Explanation NoClientCertificate = new("the client sent no certificate, and this server requires one");

    /// <summary>
    /// Texts of OpenSSL's error queue, which .NET passes on, and of alerts, which .NET names if they came in clear text.
    /// </summary>
    private static readonly (string Text, TlsFailure Failure)[] Known =
    [
        ("alert certificate required", TlsFailure.ClientCertificateRequired),
        ("peer did not return a certificate", TlsFailure.ClientCertificateRequired),
        ("alert protocol version", TlsFailure.NoCommonVersion),
        ("unsupported protocol", TlsFailure.NoCommonVersion),
        ("wrong version number", TlsFailure.NoCommonVersion),
        ("version too low", TlsFailure.NoCommonVersion),
        ("ProtocolVersion", TlsFailure.NoCommonVersion),
        ("no application protocol", TlsFailure.NoCommonApplicationProtocol),
        ("NoApplicationProtocol", TlsFailure.NoCommonApplicationProtocol),
        ("no shared cipher", TlsFailure.NoCommonCipher),
        ("no suitable signature algorithm", TlsFailure.NoCommonCipher),
        ("alert handshake failure", TlsFailure.NoCommonCipher),
        ("HandshakeFailure", TlsFailure.NoCommonCipher),
        ("alert bad certificate", TlsFailure.OwnCertificateRefused),
        ("alert unknown ca", TlsFailure.OwnCertificateRefused),
        ("alert certificate unknown", TlsFailure.OwnCertificateRefused),
        ("alert certificate expired", TlsFailure.OwnCertificateRefused),
        ("alert certificate revoked", TlsFailure.OwnCertificateRefused),
        ("alert unsupported certificate", TlsFailure.OwnCertificateRefused),
        ("alert access denied", TlsFailure.OwnCertificateRefused),
        ("BadCertificate", TlsFailure.OwnCertificateRefused),
        ("UnknownCA", TlsFailure.OwnCertificateRefused),
        ("CertificateUnknown", TlsFailure.OwnCertificateRefused),
        ("CertificateExpired", TlsFailure.OwnCertificateRefused),
    ];

    /// <summary>Returns the failure, and a sentence about it.</summary>
    public static (TlsFailure Failure, Explanation Explanation) Describe(TlsStream tls, Exception error)
    {
        if (tls.PlainText is { } text)
            return (TlsFailure.PlainText, text);
        if (tls.RefusedCertificate is { } refused)
            return refused;
        if (tls.Lower.Reason is { IsOrderly: false } broken)
            return (TlsFailure.PeerClosed, broken.Explanation);
        if (tls.Pipe.HasEnded)
            return (TlsFailure.PeerClosed, new("the peer closed the connection during the TLS handshake"));

        var message = GetErrorText(error);
        var failure = Known.FirstOrDefault(known => message.Contains(known.Text, StringComparison.OrdinalIgnoreCase)).Failure;
        return (failure, Describe(failure, tls.Role, message));
    }

    private static Explanation Describe(TlsFailure failure, TlsRole role, string message) => failure switch
    {
        TlsFailure.ClientCertificateRequired => role is TlsRole.Server
            ? NoClientCertificate
            : new(
                "the server requires a client certificate, and this client sent none that it accepts",
                nameof(SslClientAuthenticationOptions.ClientCertificates)),
        TlsFailure.NoCommonVersion => new(
            "the two sides have no version of TLS in common: this side has 1.2 and 1.3, or what is enabled of them",
            nameof(SslClientAuthenticationOptions.EnabledSslProtocols), $": {message}"),
        TlsFailure.NoCommonCipher =>
            new($"the two sides have no cipher suite or signature algorithm in common: {message}"),
        TlsFailure.NoCommonApplicationProtocol => new(
            "the two sides have no application protocol in common",
            nameof(SslClientAuthenticationOptions.ApplicationProtocols), $": {message}"),
        TlsFailure.OwnCertificateRefused => new($"the peer refused the certificate of this side: {message}"),
        _ => new($"TLS failed: {message}"),
    };

    /// <summary>Returns the message of the innermost error, and that of the error that names an alert.</summary>
    private static string GetErrorText(Exception error)
    {
        var alert = "";
        while (error.InnerException is { } inner)
        {
            if (error.Message.Contains("alert", StringComparison.OrdinalIgnoreCase))
                alert = error.Message.TrimEnd('.') + ": ";
            error = inner;
        }

        // "error:0A000102:SSL routines::unsupported protocol": only the text after the last colon is useful.
        var message = error.Message.TrimEnd('.');
        var start = message.StartsWith("error:", StringComparison.Ordinal) ? message.LastIndexOf(':') + 1 : 0;
        return alert + message[start..];
    }
}
