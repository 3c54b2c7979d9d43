using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>TLS on one endpoint of a server.</summary>
internal sealed partial class TlsServer
{
    private readonly TlsServerConfiguration _configuration;
    private readonly ServerCertificates _certificates;
    private readonly CoarseTimer _timer;
    private readonly HandshakeGate _gate;
    private readonly LimitRefusal _refusals;

    public TlsServer(TlsServerConfiguration configuration, PipelineContext pipeline)
    {
        var server = pipeline.Server;
        (_configuration, _timer) = (configuration, server.Timer);
        _logger = server.CreateLogger("Sockeye.Tls");
        _certificates = new(configuration.Authentication, configuration.Certificates, server.Time, _logger);
        _refusals = new("UseTls", pipeline);
        _gate = new(configuration.MaxHandshakes, server.Time, _timer, Refuse);
    }

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var handshake = new TlsHandshake(new(connection), TlsRole.Server, _timer, _configuration.HandshakeTimeout);
        if (await HandshakeAsync(handshake) is { } encrypted)
        {
            await next(encrypted);
            return;
        }

        handshake.End();
        LogHandshakeFailed(
            handshake.Failure is TlsFailure.Other ? handshake.Reason!.Exception : null, connection.ConnectionId,
            connection.RemoteEndPoint, handshake.Failure, handshake.Reason!.Description);
    }

    private async Task<TlsConnection?> HandshakeAsync(TlsHandshake handshake)
    {
        // Clients that send nothing, or half a ClientHello, take no permit, so that they do not exclude real clients.
        if (!await handshake.WaitForHelloAsync())
            return null;
        if (await _gate.EnterAsync(handshake) is not { } permit)
        {
            handshake.Fail(new IOException("The handshake has not started."));
            return null;
        }

        try
        {
            handshake.Pipe.OnProgress = () => _gate.OnProgress(permit);
            return await handshake.RunAsync(ssl => ssl.AuthenticateAsServerAsync(
                _certificates.Choose(ssl.ServerName), CancellationToken.None));
        }
        finally
        {
            handshake.Pipe.OnProgress = null;
            _gate.Leave(permit);
        }
    }

    private void Refuse(TlsHandshake handshake) => _ = _refusals.RefuseAsync(
        handshake.Lower.Context, LimitAction.Reset, CloseCause.Limit,
        new($"its TLS handshake stalled for {DisplayText.Format(HandshakeGate.MaxStall)} while others waited, and all "
            + $"{_configuration.MaxHandshakes} permits were taken", nameof(TlsServerOptions.MaxHandshakes)));
}
