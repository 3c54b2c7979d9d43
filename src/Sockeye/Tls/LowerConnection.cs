using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The connection below TLS, with its original pipes and features.</summary>
internal sealed class LowerConnection(ConnectionContext connection)
{
    private readonly IConnectionCloseFeature? _close = connection.Features.Get<IConnectionCloseFeature>();
    private readonly IConnectionIoFeature? _io = connection.Features.Get<IConnectionIoFeature>();
    private readonly IConnectionProgressFeature? _progress = connection.Features.Get<IConnectionProgressFeature>();
    private readonly CloseReasonLatch _reason = new();

    public ConnectionContext Context => connection;

    public IDuplexPipe Transport { get; } = connection.Transport;

    public CloseReason? Reason => _close is null ? _reason.Reason : _close.CloseReason;

    /// <summary>
    /// The limits and schedulers of the connection, which TLS uses as well. The defaults, if the transport is not Sockeye's.
    /// </summary>
    public TransportConnectionOptions Options =>
        (_io as DuplexConnection)?.Options ?? SocketTransport.Shared.ConnectionOptions;

    /// <summary>Whether the connection resumes its handlers where they may block.</summary>
    public bool RunsOnPipes => _io is DuplexConnection;

    /// <summary>
    /// Returns the progress as the system knows it. If the system does not report it, accepted bytes count as acknowledged.
    /// </summary>
    public SystemProgress? GetSystemProgress() =>
        _progress?.GetSystemProgress() ?? (connection.BytesSent is { } sent ? new SystemProgress(sent, HasPending: false) : null);

    /// <summary>Whether the peer's system has acknowledged everything, as far as this system reports it.</summary>
    public bool HasPeerAcknowledgedAll =>
        _progress?.GetSystemProgress() is not { } system || (!system.HasPending && system.Acknowledged >= connection.BytesSent);

    /// <summary>A task that completes when nothing more will be sent.</summary>
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
