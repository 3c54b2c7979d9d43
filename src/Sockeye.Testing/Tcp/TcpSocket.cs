using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Sockeye.Testing;

/// <summary>One end of a simulated TCP connection (RFC 9293): its socket calls, and the protocol below them.</summary>
/// <remarks>
/// The wire reports a lost segment to its sender, so timers run only for retransmissions. If everything was delivered and no task
/// continues, the run is stuck, and reports that.
/// </remarks>
internal sealed class TcpSocket : StreamSocket
{
    private const int MaxSegmentSize = 1460;
    private static readonly TimeSpan FinTimeout = TimeSpan.FromSeconds(60);

    private readonly ITcpHost _host;
    private readonly TcpListener? _listener;
    private readonly Signal _readable;
    private readonly Signal _sendable;
    private readonly Signal _opened;
    private readonly SendBuffer _sendBuffer;
    private readonly ReceiveBuffer _receiveBuffer;
    private TcpSocketState _state;
    private SocketError? _error;
    private Retransmission _probes = new(isSyn: false);

    /// <summary>The sequence number after the last sent byte; the FIN counts as one.</summary>
    private long _sent;

    /// <summary>The sequence number up to which the peer accepts bytes.</summary>
    private long _windowEdge;

    /// <summary>The highest sequence number that the peer has acknowledged.</summary>
    private long _acknowledged;

    /// <summary>Counts acknowledgements, so that an older one is not retransmitted.</summary>
    private long _lastAcknowledgement;

    private bool _isFinRequested;
    private bool _isFinSent;
    private bool _isClosedLocally;
    private bool _isFinished;

    public TcpSocket(ITcpHost host, IPEndPoint local, IPEndPoint remote, TcpListener? listener)
    {
        (_host, Local, Remote, _listener) = (host, local, remote, listener);
        (_readable, _sendable, _opened) = (new(host.Loop), new(host.Loop), new(host.Loop));
        (_sendBuffer, _receiveBuffer) = (new(host.SendBufferSize), new(host.ReceiveBufferSize));
        _state = listener is null ? TcpSocketState.SynSent : TcpSocketState.SynReceived;
        Name = $"{local} -> {remote}";
    }

    public IPEndPoint Local { get; }

    public IPEndPoint Remote { get; }

    public override EndPoint LocalEndPoint => Local;

    public override EndPoint RemoteEndPoint => Remote;

    public override bool IsReset => _error is SocketError.ConnectionReset;

    public string Name { get; }

    /// <summary>Called when the state has changed that a call which does not wait depends on. Set by a simulated kernel, whose
    /// calls do not wait.</summary>
    public Action? Changed { get; set; }

    /// <summary>The number of bytes that can be received.</summary>
    public int Available => _receiveBuffer.Count;

    /// <summary>The number of bytes that can be sent.</summary>
    public int FreeSendSpace => _sendBuffer.FreeSpace;

    /// <summary>Whether the peer's FIN and everything before it has arrived.</summary>
    public bool HasReceivedFin => _receiveBuffer.HasEnded;

    /// <summary>Whether this side has ended its direction.</summary>
    public bool IsFinRequested => _isFinRequested;

    /// <summary>Whether the connection has ended by an error or a reset.</summary>
    public bool IsClosed => _state is TcpSocketState.Closed;

    /// <summary>The error by which the connection has ended.</summary>
    public SocketError? Error => _error;

    /// <summary>Whether the peer has acknowledged this side's FIN.</summary>
    private bool IsFinAcknowledged => _isFinSent && _acknowledged > _sendBuffer.End;

    /// <remarks>As on Linux, an unacknowledged FIN is pending, too.</remarks>
    public override SystemProgress? GetSystemProgress() =>
        new(_sendBuffer.Start, _sendBuffer.End > _sendBuffer.Start || (_isFinRequested && !IsFinAcknowledged));

    /// <summary>Performs the client's side of the handshake.</summary>
    public async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        Transmit(new(SegmentControl.Syn, 0, default));
        while (_state is TcpSocketState.SynSent)
        {
            await _opened.WaitAsync(
                () => $"{_host.Name}: ConnectAsync from {Local} waits for an answer of {Remote}", cancellationToken);
        }

        ThrowIfFailed();
    }

    public override async ValueTask<bool> WaitForDataAsync()
    {
        while (_receiveBuffer.Count == 0 && !_receiveBuffer.HasEnded && _state is not TcpSocketState.Closed && !_isClosedLocally)
            await _readable.WaitAsync(() => $"{_host.Name}: reading on {Name} waits for data");
        return true;
    }

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        await WaitForDataAsync();

        // Limited by the read rate of the host, for the bytes that have arrived.
        buffer = buffer[..Math.Min(buffer.Length, Math.Max(_receiveBuffer.Count, 1))];
        await _host.DelayReadAsync(Math.Min(buffer.Length, _receiveBuffer.Count));
        if (_isClosedLocally)
            throw new SocketException((int)SocketError.OperationAborted);
        if (_receiveBuffer.Count == 0)
        {
            // Bytes that arrived before a reset are returned before the error.
            if (!_receiveBuffer.HasEnded || _error is not null)
                ThrowIfFailed();
            return 0;
        }

        return Read(buffer);
    }

    /// <summary>Takes bytes that have arrived, without waiting.</summary>
    public int Read(Memory<byte> buffer)
    {
        _host.Loop.AssertOnLoopThread();
        // RFC 9293, section 3.8.6.2.2: no window update for less than a segment, or half of a buffer that is smaller than two.
        var leastUpdate = Math.Min(MaxSegmentSize, _host.ReceiveBufferSize / 2);
        var wasSmall = _receiveBuffer.Window < leastUpdate;
        var taken = _receiveBuffer.Read(buffer);
        if (wasSmall && _receiveBuffer.Window >= leastUpdate && _state is TcpSocketState.Established)
            Acknowledge(); // Reports the larger window to the peer.
        return taken;
    }

    public override async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        while (true)
        {
            ThrowIfFailed();
            if (_isFinRequested)
                throw new SocketException((int)SocketError.Shutdown);
            bytes = bytes.Slice(Write(bytes));
            if (bytes.IsEmpty)
                return;
            ThrowIfFailed(); // A rule may have reset the connection when it saw the last segment.
            await _sendable.WaitAsync(() => $"{_host.Name}: sending on {Name} waits for the peer to read");
        }
    }

    /// <summary>Sends as many bytes as there is space for, without waiting, and returns their number.</summary>
    public int Write(in ReadOnlySequence<byte> bytes)
    {
        _host.Loop.AssertOnLoopThread();
        Debug.Assert(!_isFinRequested, "No bytes follow FIN.");
        var written = _sendBuffer.Write(bytes);
        SendMore();
        return written;
    }

    public override void ShutdownSend()
    {
        ThrowIfFailed();
        _host.Trace(Name, "shutdown");
        _isFinRequested = true;
        SendMore();
    }

    public override void Close(bool reset)
    {
        _host.Loop.ThrowIfForeignThread();
        _host.Trace(Name, reset ? "close with RST" : "close");
        _isClosedLocally = true;
        if (_state is TcpSocketState.Closed)
        {
            NotifyWaiters();
            return;
        }

        // Linux also sends RST if bytes are left unread.
        if (reset || _receiveBuffer.Count > 0 || _state is TcpSocketState.SynSent)
        {
            if (_state is not TcpSocketState.SynSent)
                _host.Send(CreateSegment(SegmentControl.Rst, _sent, default), onLost: null);
            End(SocketError.OperationAborted);
            return;
        }

        _isFinRequested = true;
        SendMore();
        NotifyWaiters();
        EndIfBothFinished();

        // The system owns the rest of the connection, and does not wait for the peer's FIN forever (tcp_fin_timeout).
        if (_state is not TcpSocketState.Closed && !_isFinished)
            _host.Loop.Timers.After(FinTimeout, _ => End(SocketError.TimedOut), null);
    }

    /// <summary>Ends the connection with this error, which pending and later calls throw.</summary>
    public void End(SocketError error)
    {
        if (_state is TcpSocketState.Closed || _isFinished)
            return;
        _host.Trace(Name, $"ended: {error}");
        _error = error;
        SetState(TcpSocketState.Closed);
        _host.Remove(this);
        _listener?.Remove(this);
        NotifyWaiters();
        _host.FindPeer(Local, Remote)?.Probe();
    }

    /// <summary>Receives a segment. Returns false if it was not accepted: the sender then retransmits it.</summary>
    public bool Receive(Segment segment)
    {
        _host.Loop.AssertOnLoopThread();
        Debug.Assert(segment.Destination.Equals(Local) && segment.Source.Equals(Remote), "The segment is of this connection.");
        if (segment.Has(SegmentControl.Rst))
        {
            End(_state is TcpSocketState.SynSent ? SocketError.ConnectionRefused : SocketError.ConnectionReset);
            return true;
        }

        if (segment.Has(SegmentControl.Syn))
            return ReceiveSyn(segment);
        if (_state is TcpSocketState.SynSent)
        {
            // The segment belongs to an earlier connection of this port.
            _host.Send(CreateSegment(SegmentControl.Rst, segment.Acknowledged, default), onLost: null);
            return true;
        }

        if (_state is TcpSocketState.SynReceived)
        {
            if (!_listener!.HasSpace)
                return false;
            SetState(TcpSocketState.Established);
            _listener.Enqueue(this);
            if (_state is TcpSocketState.Closed)
                return true; // The accepting code has reset the connection at once.
        }

        ReceiveAcknowledgement(segment);
        if (segment.Payload.Length > 0 || segment.Has(SegmentControl.Fin))
            ReceiveData(segment);
        EndIfBothFinished();
        return true;
    }

    /// <summary>Answers the SYN for which this socket was created.</summary>
    public void AnswerSyn() => Transmit(new(SegmentControl.Syn | SegmentControl.Ack, 0, default));

    /// <summary>
    /// Detects that the peer has vanished, with the bytes that it had acknowledged. A real TCP detects that by retransmitting.
    /// </summary>
    public void Probe()
    {
        if (_state is TcpSocketState.Closed || _isFinished)
            return;

        // Unsent bytes cause probes even if the peer acknowledged all sent bytes, because the peer's window may be closed.
        Outgoing? unanswered = _state is TcpSocketState.SynSent ? new(SegmentControl.Syn, 0, default)
            : _state is TcpSocketState.SynReceived ? new(SegmentControl.Syn | SegmentControl.Ack, 0, default)
            : _sendBuffer.Start < _sendBuffer.End
                ? new(SegmentControl.None, _sendBuffer.Start, _sendBuffer.Copy(_sendBuffer.Start, 1))
            : _isFinSent && !IsFinAcknowledged ? new(SegmentControl.Fin, _sendBuffer.End, default)
            : null;
        if (unanswered is null)
            return;
        if (_probes.Next() is { } delay)
            _host.Loop.Timers.After(delay, _ => Transmit(unanswered), null);
        else
            End(SocketError.TimedOut);
    }

    private void SetState(TcpSocketState state)
    {
        _host.Loop.AssertOnLoopThread();
        Debug.Assert(
            (_state, state) is (not TcpSocketState.Closed, TcpSocketState.Closed)
                or (TcpSocketState.SynSent or TcpSocketState.SynReceived, TcpSocketState.Established),
            "The state moves forward.");
        _state = state;
    }

    private bool ReceiveSyn(Segment segment)
    {
        if (_state is not TcpSocketState.SynSent)
            return ReceiveSynAgain(segment);
        SetState(TcpSocketState.Established);
        _windowEdge = segment.Window;
        Acknowledge();
        _opened.Set();
        return true;
    }

    /// <summary>
    /// The peer's host has crashed, and the same port connects again. The answer to its SYN makes it reset this connection (RFC
    /// 9293, section 3.5.2); until then its SYN is not accepted. Other repeated SYNs carry nothing new.
    /// </summary>
    private bool ReceiveSynAgain(Segment segment)
    {
        if (_state is not TcpSocketState.Established || segment.Has(SegmentControl.Ack))
            return true;
        Acknowledge();
        return false;
    }

    private void ReceiveAcknowledgement(Segment segment)
    {
        _windowEdge = Math.Max(_windowEdge, segment.Acknowledged + segment.Window);
        if (segment.Acknowledged > _sendBuffer.Start)
        {
            _sendBuffer.Acknowledge(segment.Acknowledged);
            _sendable.Set();
            Changed?.Invoke();
        }

        _acknowledged = Math.Max(_acknowledged, segment.Acknowledged);
        Debug.Assert(_sendBuffer.Start <= _acknowledged, "Only acknowledged bytes leave the send buffer.");
        SendMore();
    }

    private void ReceiveData(Segment segment)
    {
        if (_isClosedLocally && segment.Payload.Length > 0)
        {
            // The bytes cannot be delivered, so the peer must be notified.
            _host.Send(CreateSegment(SegmentControl.Rst, _sent, default), onLost: null);
            End(SocketError.ConnectionReset);
            return;
        }

        _receiveBuffer.Add(segment.Sequence, segment.Payload, segment.Has(SegmentControl.Fin));
        _readable.Set();
        Changed?.Invoke();
        Acknowledge();
    }

    /// <summary>Divides the bytes that may be sent into segments, whose sizes the seed selects.</summary>
    private void SendMore()
    {
        if (_state is not TcpSocketState.Established)
            return;
        while (Math.Min(_sendBuffer.End, _windowEdge) - _sent is > 0 and var allowed)
        {
            var maxSize = (int)Math.Min(allowed, MaxSegmentSize);
            var size = _host.Loop.Random.Next(4) == 0 ? _host.Loop.Random.Next(1, maxSize + 1) : maxSize;
            var outgoing = new Outgoing(SegmentControl.None, _sent, _sendBuffer.Copy(_sent, size));
            _sent += size;
            Debug.Assert(!_isFinSent, "No bytes follow FIN.");
            Debug.Assert(_sent <= _sendBuffer.End && _sent <= _windowEdge, "Only written bytes within the window are sent.");
            Transmit(outgoing);
        }

        if (!_isFinRequested || _isFinSent || _sent < _sendBuffer.End)
            return;
        _isFinSent = true;
        _sent++;
        Debug.Assert(_sent == _sendBuffer.End + 1, "FIN follows the last byte.");
        Transmit(new(SegmentControl.Fin, _sendBuffer.End, default));
    }

    private void Transmit(Outgoing outgoing)
    {
        if (_state is TcpSocketState.Closed || (_state is not TcpSocketState.SynSent && outgoing.Flags is SegmentControl.Syn))
            return;
        if (_state is not TcpSocketState.SynReceived && outgoing.Flags is (SegmentControl.Syn | SegmentControl.Ack))
            return;
        var flags = outgoing.Flags is SegmentControl.Syn ? outgoing.Flags : outgoing.Flags | SegmentControl.Ack;
        _lastAcknowledgement++; // Every segment acknowledges, so an acknowledgement that is being retransmitted is obsolete.
        _host.Send(CreateSegment(flags, outgoing.Sequence, outgoing.Payload), () =>
        {
            if (outgoing.Retransmission.Next() is { } delay)
                _host.Loop.Timers.After(delay, _ => Transmit(outgoing), null);
            else
                End(SocketError.TimedOut);
        });
    }

    /// <summary>
    /// Acknowledges what has arrived. A lost acknowledgement is retransmitted, unless a later segment carries it.
    /// </summary>
    private void Acknowledge() => Acknowledge(++_lastAcknowledgement, new(isSyn: false));

    private void Acknowledge(long number, Retransmission retransmission)
    {
        Debug.Assert(number <= _lastAcknowledgement, "Acknowledgements are numbered in order.");
        if (_state is TcpSocketState.Closed || number != _lastAcknowledgement)
            return;
        _host.Send(CreateSegment(SegmentControl.Ack, _sent, default), () =>
        {
            if (retransmission.Next() is { } delay)
                _host.Loop.Timers.After(delay, _ => Acknowledge(number, retransmission), null);
            else
                OnNeverAcknowledged();
        });
    }

    /// <summary>
    /// Called when segments of the peer arrive, but no acknowledgement reaches it, which is a timeout for the peer.
    /// </summary>
    private void OnNeverAcknowledged() => _host.FindPeer(Local, Remote)?.End(SocketError.TimedOut);

    private Segment CreateSegment(SegmentControl flags, long sequence, ReadOnlyMemory<byte> payload) =>
        new(Local, Remote, flags, sequence, _receiveBuffer.Next, _receiveBuffer.Window, payload);

    /// <summary>
    /// Removes the connection from the host when both FINs have arrived. Its port is then free (TIME_WAIT is not simulated).
    /// </summary>
    private void EndIfBothFinished()
    {
        if (!IsFinAcknowledged || !_receiveBuffer.HasEnded)
            return;
        _isFinished = true;
        _host.Finish(this);
    }

    private void NotifyWaiters()
    {
        _opened.Set();
        _readable.Set();
        _sendable.Set();
        Changed?.Invoke();
    }

    private void ThrowIfFailed()
    {
        _host.Loop.ThrowIfForeignThread();
        if (_isClosedLocally)
            throw new SocketException((int)SocketError.OperationAborted);
        if (_error is { } error)
            throw new SocketException((int)error);
    }

    private sealed class Outgoing(SegmentControl flags, long sequence, ReadOnlyMemory<byte> payload)
    {
        public Retransmission Retransmission = new(isSyn: (flags & SegmentControl.Syn) != 0);

        public SegmentControl Flags => flags;

        public long Sequence => sequence;

        public ReadOnlyMemory<byte> Payload => payload;
    }
}
