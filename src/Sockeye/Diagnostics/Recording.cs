using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The recording of one connection. It wraps both pipes, and the feature that ends the connection.</summary>
/// <remarks>
/// A close reason does not show whether a reset was sent: a timeout may end a connection in order or not. Therefore the recording
/// observes the call that ends the connection. An end without such a call (by the transport, or the peer) is a reset, unless it
/// is orderly.
/// </remarks>
internal sealed class Recording : IConnectionCloseFeature, IDisposable
{
    private readonly WireCapture _capture;
    private readonly ConnectionContext _connection;
    private readonly SyntheticTcp _tcp;
    private readonly IDuplexPipe _innerPipe;
    private readonly IDuplexPipe _recordedPipe;
    private readonly IConnectionCloseFeature? _close;

    private readonly Lock _pendingLock = new();
    private PooledBuffer? _pending;

    private readonly Lock _endLock = new();
    private CancellationTokenRegistration _closed;
    private bool _isClosed;
    private bool _isReadToEnd;
    private bool _isEndRecorded;

    private volatile bool _isDetached;
    private volatile bool _hasCloseReason;
    private volatile bool _isClosedInOrder;
    private volatile bool _isAborted;
    private volatile bool _isUserDone;
    private volatile bool _isFinWithheld;

    public Recording(WireCapture capture, ConnectionContext connection, SyntheticTcp tcp, long number)
    {
        (_capture, _connection, _tcp, Number) = (capture, connection, tcp, number);
        _innerPipe = connection.Transport;
        _recordedPipe = new DuplexPipe(new RecordedInput(_innerPipe.Input, this), new RecordedOutput(_innerPipe.Output, this));
        _close = connection.Features.Get<IConnectionCloseFeature>();
    }

    public long Number { get; }

    CloseReason? IConnectionCloseFeature.CloseReason => _close!.CloseReason;

    /// <summary>Whether written bytes are sent. Bytes that are written to a broken connection are not.</summary>
    private bool CanSend => !_isDetached && !_isAborted && !_isClosedInOrder && !IsReset(_close?.CloseReason);

    public void Start(bool isServer)
    {
        _tcp.Start(isServer);
        _connection.Transport = _recordedPipe;
        if (_close is not null)
            _connection.Features.Set<IConnectionCloseFeature>(this);
        _closed = _connection.ConnectionClosed.UnsafeRegister(static recording => ((Recording)recording!).OnClosed(), this);
    }

    /// <summary>Records bytes that the reader sees for the first time.</summary>
    public void Receive(in ReadOnlySequence<byte> bytes)
    {
        if (!_isDetached)
            _tcp.Receive(bytes);
    }

    /// <summary>Records bytes that the next flush sends, or that are sent once they fill a segment.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_isDetached || bytes.IsEmpty)
            return;
        lock (_pendingLock)
        {
            _pending ??= PooledBuffer.Rent();
            _pending.Write(bytes);
            if (_pending.WrittenMemory.Length >= TcpSegment.MaxData)
                SendPendingLocked();
        }
    }

    public void Flush()
    {
        lock (_pendingLock)
            SendPendingLocked();
    }

    /// <summary>Records bytes that are sent now.</summary>
    public void Send(in ReadOnlySequence<byte> bytes)
    {
        if (CanSend)
            _tcp.Send(bytes);
    }

    /// <summary>Called when the reader has got the last byte and the peer's FIN.</summary>
    public void OnInputEnded()
    {
        if (!_isDetached && !IsReset(_close?.CloseReason))
            _tcp.EndInput();
        OnInputBroken();
    }

    /// <summary>Called when the reader has got an error, or has completed its input.</summary>
    public void OnInputBroken() => TryRecordEnd(isReadToEnd: true);

    /// <summary>
    /// Called when the output was completed. If a server owns the connection, FIN is sent when the handler continues.
    /// </summary>
    public void OnOutputCompleted()
    {
        Flush();
        _isFinWithheld = _connection.HasOwner;
        if (!_isFinWithheld)
            OnOutputEnded();
    }

    /// <summary>Called when the user waits for the peer.</summary>
    public void OnReadPending()
    {
        if (_isFinWithheld)
            OnOutputEnded();
    }

    public void OnOutputEnded()
    {
        _isFinWithheld = false;
        Flush();
        if (CanSend)
            _tcp.EndOutput();
    }

    /// <summary>Called when the output was completed with an error: the connection will be reset, and unflushed bytes are not
    /// sent.</summary>
    public void OnOutputBroken() => _isAborted = true;

    /// <summary>Called before the connection is closed, because its user disposes it: in order, unless it is broken.</summary>
    public void OnUserDone(bool isBroken)
    {
        if (!isBroken)
            OnOutputEnded();
        RestoreTransport();
        _isUserDone = true;
        OnInputBroken();
    }

    /// <summary>Ends the recording with the connection, for a user that does not dispose it.</summary>
    public void EndWithConnection() => OnInputBroken();

    /// <summary>Called when the capture ends. The connection may also have ended.</summary>
    public void OnCaptureEnding()
    {
        // The token fires shortly after the connection has ended.
        var isClosed = _connection.ConnectionClosed.IsCancellationRequested || (_isUserDone && _close?.CloseReason is not null);
        lock (_endLock)
            _isClosed |= isClosed;
        TryRecordEnd(isReadToEnd: isClosed);
    }

    /// <summary>Ends the recording; the connection continues.</summary>
    public void Dispose()
    {
        Detach();
        RestoreTransport();
    }

    /// <summary>
    /// Ends the recording on another thread than that of the connection's user: the pipes stay in place, without recording.
    /// </summary>
    public void Detach()
    {
        _isDetached = true;
        _closed.Unregister();
        lock (_pendingLock)
            ReleasePendingLocked();
        _capture.Remove(this);
    }

    void IConnectionCloseFeature.SetCloseReason(CloseReason reason)
    {
        _hasCloseReason = true;
        _close!.SetCloseReason(reason);
    }

    void IConnectionCloseFeature.Abort(CloseReason reason)
    {
        _isAborted = true;
        _close!.Abort(reason);
    }

    void IConnectionCloseFeature.Close(CloseReason reason)
    {
        _isClosedInOrder = true;
        _close!.Close(reason);
    }

    private void RestoreTransport()
    {
        if (_connection.Transport == _recordedPipe)
            _connection.Transport = _innerPipe;
    }

    private void SendPendingLocked()
    {
        Debug.Assert(_pendingLock.IsHeldByCurrentThread);
        if (_pending is not null && CanSend)
            _tcp.Send(new(_pending.WrittenMemory));
        ReleasePendingLocked();
    }

    private void ReleasePendingLocked()
    {
        Debug.Assert(_pendingLock.IsHeldByCurrentThread);
        _pending?.Release();
        _pending = null;
    }

    private void OnClosed()
    {
        lock (_endLock)
            _isClosed = true;
        TryRecordEnd(isReadToEnd: false);
    }

    /// <summary>Records the end once the connection is closed and read to its end: bytes that arrived before a reset are still
    /// read after it.</summary>
    private void TryRecordEnd(bool isReadToEnd)
    {
        // Held until everything is recorded, so that disposing the capture waits for it.
        lock (_endLock)
        {
            _isReadToEnd |= isReadToEnd;
            if (!_isClosed || !_isReadToEnd || _isEndRecorded || _isDetached)
                return;
            _isEndRecorded = true;
            RecordEndLocked(_close?.CloseReason);
            Detach();
        }
    }

    private void RecordEndLocked(CloseReason? reason)
    {
        Debug.Assert(_endLock.IsHeldByCurrentThread);
        var comment = reason is null
            ? $"{_connection.ConnectionId} ended; the transport does not report how"
            : $"{_connection.ConnectionId} ended: {reason.By} {reason.Cause}, {reason.Description}";
        if (IsReset(reason))
        {
            _tcp.Reset(byPeer: reason!.By is ClosedBy.Peer, comment);
            return;
        }

        Flush();
        _tcp.Close(inputFirst: reason?.Direction is CloseDirection.Input, comment);
    }

    private bool IsReset(CloseReason? reason) =>
        reason is { IsOrderly: false, HasSentFin: false }
            && (reason.Cause is CloseCause.Reset || _isAborted || !(_hasCloseReason || _isClosedInOrder));
}
