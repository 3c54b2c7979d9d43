namespace Sockeye;

/// <remarks>
/// A reason does not tell whether a reset was sent: a timeout may end a connection in order or not. How it was ended does, so
/// this watches. What ends a connection without passing here (its transport, or the peer) resets it, unless it is orderly.
/// </remarks>
internal sealed partial class Recording : IConnectionCloseFeature
{
    private readonly IConnectionCloseFeature? _close;
    private readonly Lock _endLock = new();
    private CancellationTokenRegistration _closed;
    private volatile bool _hasCloseReason;
    private volatile bool _isClosedInOrder;
    private volatile bool _isAborted;
    private volatile bool _isUserDone;
    private volatile bool _isFinWithheld;
    private bool _isClosed;
    private bool _isReadToEnd;
    private bool _isEndRecorded;

    CloseReason? IConnectionCloseFeature.CloseReason => _close!.CloseReason;

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

    /// <summary>The reader has seen the last byte, and that the peer sent FIN behind it.</summary>
    public void OnInputEnded()
    {
        if (!_isDetached && !IsReset(_close?.CloseReason))
            _tcp.EndInput();
        OnInputBroken();
    }

    /// <summary>The reader has got an error, or wants to see no more.</summary>
    public void OnInputBroken() => TryRecordEnd(isReadToEnd: true);

    /// <summary>The output was completed. While a server keeps the connection, FIN leaves when the handler goes on.</summary>
    public void OnOutputCompleted()
    {
        Flush();
        _isFinWithheld = _connection.HasOwner;
        if (!_isFinWithheld)
            OnOutputEnded();
    }

    /// <summary>The user waits for the peer.</summary>
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

    /// <summary>The connection will be reset: what was not flushed stays unsent.</summary>
    public void OnOutputBroken() => _isAborted = true;

    /// <summary>The user is done with the connection, which is closed next: in order, unless somebody broke it.</summary>
    public void OnUserDone(bool isBroken)
    {
        if (!isBroken)
            OnOutputEnded();
        if (_connection.Transport == _recordedPipe)
            _connection.Transport = _innerPipe;
        _isUserDone = true;
        OnInputBroken();
    }

    /// <summary>Nobody will tell when its user is done: the end of the connection is all there is to go by.</summary>
    public void EndWithConnection() => OnInputBroken();

    /// <summary>The capture ends, the connection perhaps has.</summary>
    public void OnCaptureEnding()
    {
        // The token fires a little later than the connection ends, and nobody waits for it.
        var isClosed = _connection.ConnectionClosed.IsCancellationRequested || (_isUserDone && _close?.CloseReason is not null);
        lock (_endLock)
            _isClosed |= isClosed;
        TryRecordEnd(isReadToEnd: isClosed);
    }

    private void OnClosed()
    {
        lock (_endLock)
            _isClosed = true;
        TryRecordEnd(isReadToEnd: false);
    }

    /// <summary>Bytes that arrived before a reset are still read after it: the end waits for the reader.</summary>
    private void TryRecordEnd(bool isReadToEnd)
    {
        // Held until all is told: a capture that is being disposed waits here for who came first.
        lock (_endLock)
        {
            _isReadToEnd |= isReadToEnd;
            if (!_isClosed || !_isReadToEnd || _isEndRecorded || _isDetached)
                return;
            _isEndRecorded = true;
            RecordEnd(_close?.CloseReason);
            Detach();
        }
    }

    private void RecordEnd(CloseReason? reason)
    {
        var comment = reason is null
            ? $"{_connection.ConnectionId} ended, the transport does not tell how"
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
