using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The connection that TLS stands on, as it was before TLS took its place.</summary>
internal sealed class LowerConnection(ConnectionContext connection)
{
    private readonly IConnectionCloseFeature? _close = connection.Features.Get<IConnectionCloseFeature>();
    private readonly IConnectionIoFeature? _io = connection.Features.Get<IConnectionIoFeature>();
    private readonly IConnectionProgressFeature? _progress = connection.Features.Get<IConnectionProgressFeature>();
    private readonly CloseReasonLatch _reason = new();

    public ConnectionContext Context => connection;

    public IDuplexPipe Transport { get; } = connection.Transport;

    public CloseReason? Reason => _close is null ? _reason.Reason : _close.CloseReason;

    /// <summary>How its bytes are moved: those that TLS moves go the same way. The defaults, if the transport is not
    /// Sockeye's.</summary>
    public TransportConnectionOptions Options =>
        (_io as DuplexConnection)?.StreamOptions ?? SocketTransport.Shared.ConnectionOptions;

    /// <summary>What its system knows; where that does not tell, what it has taken.</summary>
    public SystemProgress? GetSystemProgress() =>
        _progress?.GetSystemProgress() ?? (connection.BytesSent is { } sent ? new SystemProgress(sent, HasPending: false) : null);

    /// <summary>Whether the peer's system has taken all that was sent, as far as this one tells.</summary>
    public bool HasPeerAcknowledgedAll =>
        _progress?.GetSystemProgress() is not { } system || (!system.HasPending && system.Acknowledged >= connection.BytesSent);

    /// <summary>Ends when nothing more will be sent.</summary>
    public Task SendCompletion => _io?.SendCompletion ?? Task.CompletedTask;

    public void SetCloseReason(CloseReason reason)
    {
        if (_close is null)
            _reason.TrySet(reason);
        else
            _close.SetCloseReason(reason);
    }

    public void Abort(CloseReason reason)
    {
        if (_close is not null)
            _close.Abort(reason);
        else if (_reason.TrySet(reason))
            connection.Abort(new ConnectionAbortedException(reason.Description, reason.Exception!));
    }

    public void Close(CloseReason reason)
    {
        if (_close is not null)
            _close.Close(reason);
        else if (_reason.TrySet(reason))
            connection.Abort(new ConnectionAbortedException(reason.Description));
    }
}
