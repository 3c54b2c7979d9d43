using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>TLS on the connections of one client.</summary>
internal sealed class TlsClient
{
    private readonly SslClientAuthenticationOptions _common;
    private readonly TimeSpan _timeout;

    public TlsClient(TlsClientOptions options)
    {
        _common = OptionCopier.DeepCopy(options.Authentication);
        _common.EnabledSslProtocols = TlsLimits.ValidateProtocols(_common.EnabledSslProtocols);
        _common.AllowRenegotiation = false;
        if (options.TrustedAuthorities is { } authorities)
            _common.CertificateChainPolicy = ChainPolicies.CreateTrusting(authorities, _common.CertificateRevocationCheckMode);
        _timeout = options.HandshakeTimeout;
        var peers = new PeerCertificateValidator(_common.RemoteCertificateValidationCallback, isRequired: true, options.Pin);
        _common.RemoteCertificateValidationCallback = peers.Validate;
    }

    public async ValueTask<ConnectionContext> ApplyAsync(
        SockeyeClient client, ConnectionContext connection, EndPoint target, CancellationToken cancellationToken)
    {
        var lower = new LowerConnection(connection);
        var handshake = new TlsHandshake(lower, TlsRole.Client, client.Timer, _timeout);
        TlsConnection? encrypted;
        using (cancellationToken.UnsafeRegister(static lower => Cancel((LowerConnection)lower!), lower))
        {
            encrypted = await handshake.RunAsync(ssl =>
            {
                var options = CreateOptions(target, client.TimeProvider);
                ssl.ServerName = options.TargetHost is { Length: > 0 } name ? PrintableText.Escape(name) : null;
                return ssl.AuthenticateAsClientAsync(options, CancellationToken.None);
            });
        }

        if (encrypted is not null && !cancellationToken.IsCancellationRequested)
            return encrypted;
        cancellationToken.ThrowIfCancellationRequested();
        handshake.End();
        connection.Close(handshake.Reason!);
        throw new TlsException(
            handshake.Failure, handshake.Reason!.Explanation.After($"no TLS with {DisplayText.Format(target)}: "),
            handshake.Reason.Exception);
    }

    private static void Cancel(LowerConnection lower) =>
        lower.Abort(CloseReason.Local(CloseCause.Abort, "connecting was cancelled during the TLS handshake"));

    private SslClientAuthenticationOptions CreateOptions(EndPoint target, TimeProvider time)
    {
        var options = OptionCopier.ShallowCopy(_common);
        options.TargetHost = HostNames.ForCertificate(options.TargetHost ?? target switch
        {
            DnsEndPoint name => name.Host,
            IPEndPoint ip => ip.Address.ToString(),
            _ => "",
        });
        options.CertificateChainPolicy = ChainPolicies.WithTime(
            time, options.CertificateChainPolicy, options.CertificateRevocationCheckMode);
        return options;
    }
}
