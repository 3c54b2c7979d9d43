using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Sockeye.Testing;

/// <summary>One end of a simulated TCP connection (RFC 9293), as the socket calls see it.</summary>
/// <remarks>
/// The wire tells a sender when a segment was lost, so timers run only where something is to be sent again: a run in which all
/// is delivered and nobody acts has nothing left to do, and says so.
/// </remarks>
internal sealed partial class TcpSocket : StreamSocket
{
    private static readonly TimeSpan FinTimeout = TimeSpan.FromSeconds(60);

    private readonly HostStack _host;
    private readonly Signal _readable;
    private readonly Signal _sendable;
    private readonly Signal _opened;
    private readonly SendBuffer _sendBuffer;
    private readonly ReceiveBuffer _receiveBuffer;
    private TcpSocketState _state;
    private SocketError? _error;

    public TcpSocket(HostStack host, IPEndPoint local, IPEndPoint remote, TcpListener? listener)
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

    /// <remarks>As with Linux, a FIN waits for its acknowledgement, too.</remarks>
    public override SystemProgress? GetSystemProgress() =>
        new(_sendBuffer.Start, _sendBuffer.End > _sendBuffer.Start || (_isFinRequested && _acknowledged <= _sendBuffer.End));

    private string Name { get; }

    /// <summary>The client's side of the handshake.</summary>
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
        buffer = buffer[..Math.Min(buffer.Length, Math.Max(_receiveBuffer.Count, 1))]; // at the rate of the host, no more than it waits for
        await _host.DelayReadAsync(Math.Min(buffer.Length, _receiveBuffer.Count));
        if (_isClosedLocally)
            throw new SocketException((int)SocketError.OperationAborted);
        if (_receiveBuffer.Count == 0)
        {
            // What arrived before a reset comes first, then the error.
            if (!_receiveBuffer.HasEnded || _error is not null)
                ThrowIfFailed();
            return 0;
        }

        // RFC 9293, section 3.8.6.2.2: no update for less than a segment, or half of a buffer that is smaller than two.
        var worthTelling = Math.Min(MaxSegmentSize, _host.ReceiveBufferSize / 2);
        var wasSmall = _receiveBuffer.Window < worthTelling;
        var taken = _receiveBuffer.Read(buffer);
        if (wasSmall && _receiveBuffer.Window >= worthTelling && _state is TcpSocketState.Established)
            Acknowledge(); // tells the peer of the larger window
        return taken;
    }

    public override async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        while (true)
        {
            ThrowIfFailed();
            if (_isFinRequested)
                throw new SocketException((int)SocketError.Shutdown);
            bytes = bytes.Slice(_sendBuffer.Write(bytes));
            SendMore();
            if (bytes.IsEmpty)
                return;
            ThrowIfFailed(); // A rule may have reset the connection with what was just sent.
            await _sendable.WaitAsync(() => $"{_host.Name}: sending on {Name} waits for the peer to read");
        }
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

        // Linux answers with RST, too, where data is left that nobody will read.
        if (reset || _receiveBuffer.Count > 0 || _state is TcpSocketState.SynSent)
        {
            if (_state is not TcpSocketState.SynSent)
                _host.Wire.Send(_host, CreateSegment(SegmentControl.Rst, _sent, default), onLost: null);
            End(SocketError.OperationAborted);
            return;
        }

        _isFinRequested = true;
        SendMore();
        NotifyWaiters();
        EndIfBothFinished();
        // What is left of the connection is the system's; it does not wait for the peer's FIN for ever (tcp_fin_timeout).
        if (_state is not TcpSocketState.Closed && !_isFinished)
            _host.Loop.Timers.After(FinTimeout, _ => End(SocketError.TimedOut), null);
    }

    /// <summary>The connection is gone, for this reason: whoever waits or calls is told so.</summary>
    public void End(SocketError error)
    {
        if (_state is TcpSocketState.Closed || _isFinished)
            return;
        _host.Trace(Name, $"ended: {error}");
        _error = error;
        _state = TcpSocketState.Closed;
        _host.Remove(this);
        _listener?.Remove(this);
        NotifyWaiters();
        _host.Wire.FindPeer(_host, Local, Remote)?.Probe();
    }

    private void NotifyWaiters()
    {
        _opened.Set();
        _readable.Set();
        _sendable.Set();
    }

    private void ThrowIfFailed()
    {
        _host.Loop.ThrowIfForeignThread();
        if (_isClosedLocally)
            throw new SocketException((int)SocketError.OperationAborted);
        if (_error is { } error)
            throw new SocketException((int)error);
    }
}

internal enum TcpSocketState
{
    SynSent,
    SynReceived,
    Established,
    Closed,
}
