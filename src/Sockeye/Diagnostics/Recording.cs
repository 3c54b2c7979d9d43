using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// One connection that is being recorded: it stands between the connection and its user, at both pipes and where it is ended.
/// </summary>
internal sealed partial class Recording : IDisposable
{
    private readonly WireCapture _capture;
    private readonly ConnectionContext _connection;
    private readonly SyntheticTcp _tcp;
    private readonly IDuplexPipe _below;
    private readonly IDuplexPipe _own;
    private readonly Lock _pendingLock = new();
    private PendingBytes _pending;
    private volatile bool _isOff;

    public Recording(WireCapture capture, ConnectionContext connection, SyntheticTcp tcp, long number)
    {
        (_capture, _connection, _tcp, Number) = (capture, connection, tcp, number);
        _below = connection.Transport;
        _own = new DuplexPipe(new RecordedInput(_below.Input, this), new RecordedOutput(_below.Output, this));
        _close = connection.Features.Get<IConnectionCloseFeature>();
    }

    public long Number { get; }

    public void Start(bool isServer)
    {
        _tcp.Begin(isServer);
        _connection.Transport = _own;
        if (_close is not null)
            _connection.Features.Set<IConnectionCloseFeature>(this);
        _closed = _connection.ConnectionClosed.UnsafeRegister(static recording => ((Recording)recording!).OnClosed(), this);
    }

    /// <summary>Bytes that the reader sees for the first time.</summary>
    public void Receive(in ReadOnlySequence<byte> bytes)
    {
        if (!_isOff)
            _tcp.Receive(bytes);
    }

    /// <summary>Bytes that leave with the next flush, or when a whole segment of them has come together.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_isOff)
            return;
        lock (_pendingLock)
        {
            _pending.Add(bytes);
            if (_pending.Length >= TcpSegment.MaxData)
                SendPending();
        }
    }

    public void Flush()
    {
        lock (_pendingLock)
            SendPending();
    }

    /// <summary>Bytes that leave now.</summary>
    public void Send(in ReadOnlySequence<byte> bytes)
    {
        if (CanSend)
            _tcp.Send(bytes);
    }

    /// <summary>Nothing more is recorded; the connection goes on.</summary>
    public void Dispose()
    {
        TakeOff();
        if (_connection.Transport == _own)
            _connection.Transport = _below;
    }

    /// <summary>As <see cref="Dispose"/>, from another thread than the connection's user's: the pipes stay, and let all
    /// pass.</summary>
    public void TakeOff()
    {
        _isOff = true;
        _closed.Unregister();
        lock (_pendingLock)
            _pending.Clear();
        _capture.Forget(this);
    }

    /// <summary>What is written to a connection that is broken goes nowhere.</summary>
    private bool CanSend => !_isOff && !_isAborted && !_isClosedInOrder && !IsReset(_close?.CloseReason);

    private void SendPending()
    {
        if (_pending.Length > 0 && CanSend)
            _tcp.Send(_pending.Sequence);
        _pending.Clear();
    }
}
