using System.Globalization;
using System.Security.Authentication;

namespace Sockeye.Cli;

/// <summary>The tool's text about TLS.</summary>
internal static class TlsText
{
    /// <summary>"TLS 1.3, TLS_AES_256_GCM_SHA384, h2, peer CN=localhost until 2027-01-01".</summary>
    public static string Describe(TlsInfo tls)
    {
        List<string> parts = [DescribeProtocol(tls)];
        if (tls.ApplicationProtocol is { } protocol)
            parts.Add(protocol);
        if (tls.ServerName is { Length: > 0 } name)
            parts.Add($"asked for {name}");
        if (tls.RemoteCertificate is { } peer)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"peer {peer.Subject} until {peer.NotAfter:yyyy-MM-dd}"));
        return string.Join(", ", parts);
    }

    /// <summary>"TLS 1.3, TLS_AES_256_GCM_SHA384".</summary>
    public static string DescribeProtocol(TlsInfo tls) =>
        $"TLS {GetVersion(tls.Protocol)}, {tls.CipherSuite}";

    /// <summary>"1.3".</summary>
    public static string GetVersion(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls13 => "1.3",
        SslProtocols.Tls12 => "1.2",
#pragma warning disable SYSLIB0039, CA5397 // Old servers still choose these, where the system allows it.
        SslProtocols.Tls11 => "1.1",
        SslProtocols.Tls => "1.0",
#pragma warning restore SYSLIB0039, CA5397
        _ => $"{protocol}",
    };

    /// <summary>Returns the options of <c>sockeye connect</c> that help with a failure, beyond the one that its message names, as
    /// a separate sentence; empty if there are none.</summary>
    public static string GetRemedy(Exception exception) => (exception as TlsException)?.Failure switch
    {
        TlsFailure.UnknownAuthority => " If you know who signed it, name it with --ca FILE; --pin accepts one certificate.",
        TlsFailure.ClientCertificateRequired => " Show one with --cert FILE.",
        TlsFailure.PlainText => " Leave out --tls, if that is what you want.",
        TlsFailure.Timeout => " It may need longer (--handshake-timeout), or it does not speak TLS.",
        _ => "",
    };
}
