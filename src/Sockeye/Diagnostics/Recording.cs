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
    private readonly IDuplexPipe _innerPipe;
    private readonly IDuplexPipe _recordedPipe;
    private readonly Lock _pendingLock = new();
    private PendingBytes _pending;
    private volatile bool _isDetached;

    public Recording(WireCapture capture, ConnectionContext connection, SyntheticTcp tcp, long number)
    {
        (_capture, _connection, _tcp, Number) = (capture, connection, tcp, number);
        _innerPipe = connection.Transport;
        _recordedPipe = new DuplexPipe(new RecordedInput(_innerPipe.Input, this), new RecordedOutput(_innerPipe.Output, this));
        _close = connection.Features.Get<IConnectionCloseFeature>();
    }

    public long Number { get; }

    public void Start(bool isServer)
    {
        _tcp.Start(isServer);
        _connection.Transport = _recordedPipe;
        if (_close is not null)
            _connection.Features.Set<IConnectionCloseFeature>(this);
        _closed = _connection.ConnectionClosed.UnsafeRegister(static recording => ((Recording)recording!).OnClosed(), this);
    }

    /// <summary>Bytes that the reader sees for the first time.</summary>
    public void Receive(in ReadOnlySequence<byte> bytes)
    {
        if (!_isDetached)
            _tcp.Receive(bytes);
    }

    /// <summary>Bytes that leave with the next flush, or when a whole segment of them has come together.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_isDetached)
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
        Detach();
        if (_connection.Transport == _recordedPipe)
            _connection.Transport = _innerPipe;
    }

    /// <summary>As <see cref="Dispose"/>, from another thread than the connection's user's: the pipes stay, and let all
    /// pass.</summary>
    public void Detach()
    {
        _isDetached = true;
        _closed.Unregister();
        lock (_pendingLock)
            _pending.Clear();
        _capture.Remove(this);
    }

    /// <summary>What is written to a connection that is broken goes nowhere.</summary>
    private bool CanSend => !_isDetached && !_isAborted && !_isClosedInOrder && !IsReset(_close?.CloseReason);

    private void SendPending()
    {
        if (_pending.Length > 0 && CanSend)
            _tcp.Send(_pending.Sequence);
        _pending.Clear();
    }
}
