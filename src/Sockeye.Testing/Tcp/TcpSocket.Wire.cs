using System.Net.Sockets;

namespace Sockeye.Testing;

internal sealed partial class TcpSocket
{
    private const int MaxSegmentSize = 1460;

    private readonly TcpListener? _listener;
    private Retransmission _probes = new(isSyn: false);
    private long _sent;
    private long _windowEdge;
    private long _acknowledged;
    private long _lastAcknowledgement;
    private bool _isFinRequested;
    private bool _isFinSent;
    private bool _isClosedLocally;
    private bool _isFinished;

    /// <summary>A segment has arrived. False if it was not taken: the sender tries again.</summary>
    public bool Receive(Segment segment)
    {
        if (segment.Has(SegmentControl.Rst))
        {
            End(_state is TcpSocketState.SynSent ? SocketError.ConnectionRefused : SocketError.ConnectionReset);
            return true;
        }

        if (segment.Has(SegmentControl.Syn))
            return ReceiveSyn(segment);
        if (_state is TcpSocketState.SynSent)
        {
            // An answer to somebody who had this port before.
            _host.Wire.Send(_host, CreateSegment(SegmentControl.Rst, segment.Acknowledged, default), onLost: null);
            return true;
        }

        if (_state is TcpSocketState.SynReceived)
        {
            if (!_listener!.TryEnqueue(this))
                return false;
            _state = TcpSocketState.Established;
        }

        ReceiveAcknowledgement(segment);
        if (segment.Payload.Length > 0 || segment.Has(SegmentControl.Fin))
            ReceiveData(segment);
        EndIfBothFinished();
        return true;
    }

    /// <summary>Answers a SYN for which this socket was made: also when it comes again because the answer was lost.</summary>
    public void AnswerSyn() => Transmit(new(SegmentControl.Syn | SegmentControl.Ack, 0, default));

    private bool ReceiveSyn(Segment segment)
    {
        if (_state is not TcpSocketState.SynSent)
            return ReceiveSynAgain(segment);
        _state = TcpSocketState.Established;
        _windowEdge = segment.Window;
        Acknowledge();
        _opened.Set();
        return true;
    }

    /// <summary>
    /// The peer's host has crashed, and the same port dials again. The answer to its SYN makes it reset this connection, after
    /// which it is heard (RFC 9293, section 3.5.2): until then nobody takes the SYN. Other repeated ones say nothing new.
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
        }

        _acknowledged = Math.Max(_acknowledged, segment.Acknowledged);
        SendMore();
    }

    private void ReceiveData(Segment segment)
    {
        if (_isClosedLocally && segment.Payload.Length > 0)
        {
            // Nobody will read it: the peer must know.
            _host.Wire.Send(_host, CreateSegment(SegmentControl.Rst, _sent, default), onLost: null);
            End(SocketError.ConnectionReset);
            return;
        }

        _receiveBuffer.Add(segment.Sequence, segment.Payload, segment.Has(SegmentControl.Fin));
        _readable.Set();
        Acknowledge();
    }

    /// <summary>Cuts what may be sent into segments, at places that the seed chooses.</summary>
    private void SendMore()
    {
        if (_state is not TcpSocketState.Established)
            return;
        while (Math.Min(_sendBuffer.End, _windowEdge) - _sent is > 0 and var allowed)
        {
            var most = (int)Math.Min(allowed, MaxSegmentSize);
            var size = _host.Loop.Random.Next(4) == 0 ? _host.Loop.Random.Next(1, most + 1) : most;
            var outgoing = new Outgoing(SegmentControl.None, _sent, _sendBuffer.Copy(_sent, size));
            _sent += size;
            Transmit(outgoing);
        }

        if (!_isFinRequested || _isFinSent || _sent < _sendBuffer.End)
            return;
        _isFinSent = true;
        _sent++;
        Transmit(new(SegmentControl.Fin, _sendBuffer.End, default));
    }

    private void Transmit(Outgoing outgoing)
    {
        if (_state is TcpSocketState.Closed || (_state is not TcpSocketState.SynSent && outgoing.Flags is SegmentControl.Syn))
            return;
        if (_state is not TcpSocketState.SynReceived && outgoing.Flags is (SegmentControl.Syn | SegmentControl.Ack))
            return;
        var flags = outgoing.Flags is SegmentControl.Syn ? outgoing.Flags : outgoing.Flags | SegmentControl.Ack;
        _lastAcknowledgement++; // Every segment acknowledges, so an acknowledgement that is being sent again is old now.
        _host.Wire.Send(_host, CreateSegment(flags, outgoing.Sequence, outgoing.Payload), () =>
        {
            if (outgoing.Retransmission.Next() is { } delay)
                _host.Loop.Timers.After(delay, _ => Transmit(outgoing), null);
            else
                End(SocketError.TimedOut);
        });
    }

    /// <summary>Says what has arrived. If that is lost it is said again, unless something later has said it since.</summary>
    private void Acknowledge() => Acknowledge(++_lastAcknowledgement, new(isSyn: false));

    private void Acknowledge(long turn, Retransmission again)
    {
        if (_state is TcpSocketState.Closed || turn != _lastAcknowledgement)
            return;
        _host.Wire.Send(_host, CreateSegment(SegmentControl.Ack, _sent, default), () =>
        {
            if (again.Next() is { } delay)
                _host.Loop.Timers.After(delay, _ => Acknowledge(turn, again), null);
            else
                OnNeverAcknowledged();
        });
    }

    /// <summary>What the peer sent has arrived, and it will never know: for the peer, that is a timeout.</summary>
    private void OnNeverAcknowledged() => _host.Wire.FindPeer(_host, Local, Remote)?.End(SocketError.TimedOut);

    private Segment CreateSegment(SegmentControl flags, long sequence, ReadOnlyMemory<byte> payload) =>
        new(Local, Remote, flags, sequence, _receiveBuffer.Next, _receiveBuffer.Window, payload);

    /// <summary>The peer is gone without a word, with what it had taken: a real TCP finds that out by sending again.</summary>
    public void Probe()
    {
        if (_state is TcpSocketState.Closed || _isFinished)
            return;
        // What is there to send makes it ask even if all it has sent was taken: the peer's window may be closed.
        Outgoing? unanswered = _state is TcpSocketState.SynSent ? new(SegmentControl.Syn, 0, default)
            : _state is TcpSocketState.SynReceived ? new(SegmentControl.Syn | SegmentControl.Ack, 0, default)
            : _sendBuffer.Start < _sendBuffer.End ? new(SegmentControl.None, _sendBuffer.Start, _sendBuffer.Copy(_sendBuffer.Start, 1))
            : _isFinSent && _acknowledged <= _sendBuffer.End ? new(SegmentControl.Fin, _sendBuffer.End, default)
            : null;
        if (unanswered is null)
            return;
        if (_probes.Next() is { } delay)
            _host.Loop.Timers.After(delay, _ => Transmit(unanswered), null);
        else
            End(SocketError.TimedOut);
    }

    /// <summary>
    /// Both FINs have arrived: the connection leaves the host, and its port is free (there is no TIME_WAIT here).
    /// </summary>
    private void EndIfBothFinished()
    {
        if (!_isFinSent || _acknowledged <= _sendBuffer.End || !_receiveBuffer.HasEnded)
            return;
        _isFinished = true;
        _host.Finish(this);
    }

    private sealed class Outgoing(SegmentControl flags, long sequence, ReadOnlyMemory<byte> payload)
    {
        public Retransmission Retransmission = new(isSyn: (flags & SegmentControl.Syn) != 0);

        public SegmentControl Flags => flags;

        public long Sequence => sequence;

        public ReadOnlyMemory<byte> Payload => payload;
    }
}
