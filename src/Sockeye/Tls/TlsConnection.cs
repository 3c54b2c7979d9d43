using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Sockeye;

/// <summary>
/// A connection that is encrypted by TLS over another connection, which it owns. It shares the id, addresses, features and close
/// reason of that connection, but not its pipes.
/// </summary>
/// <remarks>
/// It is a <see cref="StreamConnection"/>, like those of the transports, with TLS as its socket. So half-close, cancellation,
/// back-pressure and breaks are the same as without TLS.
/// </remarks>
internal sealed class TlsConnection : StreamConnection, IConnectionLayerFeature
{
    private static readonly CloseReason PeerFinWithoutCloseNotify = new(
        ClosedBy.Peer, CloseCause.Fin, CloseDirection.Input,
        "the peer ended its side (FIN) without TLS close_notify: its data may be truncated");

    private readonly LowerConnection _lower;
    private readonly TlsSocket _socket;
    private readonly TlsStream _ssl;
    private readonly Lock _closingLock = new();
    private Task? _closing;
    private volatile bool _isClosing;

    private TlsConnection(LowerConnection lower, TlsSocket socket, TlsStream ssl) : base(socket, lower.Options)
    {
        (_lower, _socket, _ssl) = (lower, socket, ssl);
    }

    /// <summary>The connection below.</summary>
    public ConnectionContext Lower => _lower.Context;

    /// <summary>The pipes of the encrypted bytes.</summary>
    public IDuplexPipe LowerTransport => _lower.Transport;

    public override string ConnectionId { get => _lower.Context.ConnectionId; set => _lower.Context.ConnectionId = value; }

    public override IFeatureCollection Features => _lower.Context.Features;

    public override IDictionary<object, object?> Items { get => _lower.Context.Items; set => _lower.Context.Items = value; }

    public override CancellationToken ConnectionClosed
    {
        get => _lower.Context.ConnectionClosed;
        set => _lower.Context.ConnectionClosed = value;
    }

    public override CloseReason? CloseReason => _lower.Reason switch
    {
        var reason when reason == CloseReason.PeerFin && _socket.EndedWithoutCloseNotify => PeerFinWithoutCloseNotify,
        { Cause: CloseCause.Reset } when _socket.MayBeResetInOrder => CloseReason.PeerFin,
        var reason => reason,
    };

    ConnectionContext IConnectionLayerFeature.Outermost => this;

    /// <summary>Creates and starts the connection, which replaces the connection below in its features.</summary>
    public static TlsConnection Start(LowerConnection lower, PipeStream pipe, TlsStream ssl)
    {
        Debug.Assert(ssl.IsAuthenticated, "A connection starts after its handshake.");
        Debug.Assert(pipe.Prefix.IsEmpty, "The handshake has read the ClientHello.");
        var connection = new TlsConnection(lower, new(lower, pipe, ssl), ssl);
        lower.Context.Transport = connection.Transport;
        connection.Features.Set<IConnectionCloseFeature>(connection);
        connection.Features.Set<IConnectionLayerFeature>(connection);
        var owned = connection.Features.Get<IConnectionOwnerFeature>() as IOwnableConnection;
        owned?.TransferOwnership(connection);
        Debug.Assert(owned is not { HasOwner: true }, "An owner owns the outermost connection only.");
        connection.Features.Set<IConnectionOwnerFeature>(connection);
        var feature = new TlsFeature(ssl);
        connection.Features.Set<ITlsInfoFeature>(feature);
        connection.Features.Set<ITlsHandshakeFeature>(feature);
        connection.Start();
        return connection;
    }

    public override void SetCloseReason(CloseReason reason) => _lower.SetCloseReason(reason);

    public override void Abort(CloseReason reason)
    {
        base.Abort(reason);
        // If both pipes have ended already, the connection below may still be closing. After Close, it sends close_notify, which
        // a handler that throws because of that end must not prevent: as for every connection, the first end decides.
        if (!_isClosing)
            _lower.Abort(reason);
    }

    public override void Close(CloseReason reason)
    {
        // The reason comes first, so that code that sees the end finds it.
        SetCloseReason(reason);
        _isClosing = true;
        _socket.TrySendCloseNotifyNow();
        base.Close(reason);
        _ = CloseLowerAsync(reason);
    }

    /// <summary>Closes the connection below as soon as the system has close_notify.</summary>
    private async Task CloseLowerAsync(CloseReason reason)
    {
        var (sending, options) = (_lower.SendCompletion, _lower.Options);
        if (!sending.IsCompleted)
            await sending.WaitAsync(options.CloseTimeout, options.TimeProvider).WithoutThrowing();
        _lower.Close(reason);
    }

    /// <summary>
    /// Sends the written data, then close_notify and FIN. The connection below discards data that still arrives.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        if (HasOwner)
        {
            await CompletePipesAsync();
            return;
        }

        Task closing;
        lock (_closingLock)
            closing = _closing ??= CloseInOrderAsync();
        await closing;
    }

    private async Task CloseInOrderAsync()
    {
        await CompletePipesAsync();
        await new LingeringClose(this).FlushAsync();
        Break(CloseReason.LocalFin, reset: false);
        await _lower.Context.DisposeAsync();
        await Finished;
        Input.Abandon();
        _ssl.Dispose();
    }
}
