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
    private readonly Signal _roomy;
    private readonly Signal _opened;
    private readonly SendBuffer _out;
    private readonly ReceiveBuffer _in;
    private TcpSocketState _state;
    private SocketError? _error;

    public TcpSocket(HostStack host, IPEndPoint local, IPEndPoint remote, TcpListener? listener)
    {
        (_host, Local, Remote, _listener) = (host, local, remote, listener);
        (_readable, _roomy, _opened) = (new(host.Loop), new(host.Loop), new(host.Loop));
        (_out, _in) = (new(host.SendBufferSize), new(host.ReceiveBufferSize));
        _state = listener is null ? TcpSocketState.SynSent : TcpSocketState.SynReceived;
        Name = $"{local} -> {remote}";
    }

    public IPEndPoint Local { get; }

    public IPEndPoint Remote { get; }

    public override EndPoint LocalEndPoint => Local;

    public override EndPoint RemoteEndPoint => Remote;

    public override bool IsReset => _error is SocketError.ConnectionReset;

    /// <remarks>As with Linux, a FIN waits for its acknowledgement, too.</remarks>
    public override SystemProgress? AskSystem() =>
        new(_out.Start, _out.End > _out.Start || (_finAsked && _acknowledged <= _out.End));

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
        while (_in.Count == 0 && !_in.HasEnded && _state is not TcpSocketState.Closed && !_isClosedHere)
            await _readable.WaitAsync(() => $"{_host.Name}: reading on {Name} waits for data");
        return true;
    }

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        await WaitForDataAsync();
        buffer = buffer[..Math.Min(buffer.Length, Math.Max(_in.Count, 1))]; // at the rate of the host, no more than it waits for
        await _host.WaitForReadTurnAsync(Math.Min(buffer.Length, _in.Count));
        if (_isClosedHere)
            throw new SocketException((int)SocketError.OperationAborted);
        if (_in.Count == 0)
        {
            // What arrived before a reset comes first, then the error.
            if (!_in.HasEnded || _error is not null)
                ThrowIfFailed();
            return 0;
        }

        // RFC 9293, section 3.8.6.2.2: no update for less than a segment, or half of a buffer that is smaller than two.
        var worthTelling = Math.Min(MaxSegmentSize, _host.ReceiveBufferSize / 2);
        var wasSmall = _in.Window < worthTelling;
        var taken = _in.Take(buffer);
        if (wasSmall && _in.Window >= worthTelling && _state is TcpSocketState.Established)
            Acknowledge(); // tells the peer of the larger window
        return taken;
    }

    public override async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        while (true)
        {
            ThrowIfFailed();
            if (_finAsked)
                throw new SocketException((int)SocketError.Shutdown);
            bytes = bytes.Slice(_out.Take(bytes));
            SendMore();
            if (bytes.IsEmpty)
                return;
            ThrowIfFailed(); // A rule may have reset the connection with what was just sent.
            await _roomy.WaitAsync(() => $"{_host.Name}: sending on {Name} waits for the peer to read");
        }
    }

    public override void ShutdownSend()
    {
        ThrowIfFailed();
        _host.Trace(Name, "shutdown");
        _finAsked = true;
        SendMore();
    }

    public override void Close(bool reset)
    {
        _host.Loop.ThrowIfForeignThread();
        _host.Trace(Name, reset ? "close with RST" : "close");
        _isClosedHere = true;
        if (_state is TcpSocketState.Closed)
        {
            Wake();
            return;
        }

        // Linux answers with RST, too, where data is left that nobody will read.
        if (reset || _in.Count > 0 || _state is TcpSocketState.SynSent)
        {
            if (_state is not TcpSocketState.SynSent)
                _host.Wire.Send(_host, NewSegment(SegmentControl.Rst, _sent, default), onLost: null);
            End(SocketError.OperationAborted);
            return;
        }

        _finAsked = true;
        SendMore();
        Wake();
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
        _listener?.Forget(this);
        Wake();
        _host.Wire.FindPeer(_host, Local, Remote)?.Probe();
    }

    private void Wake()
    {
        _opened.Set();
        _readable.Set();
        _roomy.Set();
    }

    private void ThrowIfFailed()
    {
        _host.Loop.ThrowIfForeignThread();
        if (_isClosedHere)
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
