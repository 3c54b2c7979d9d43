using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <summary>The <see cref="StreamSocket"/> of a TLS connection: TLS on top of another connection.</summary>
/// <remarks>
/// <c>SslStream</c> lets one thread read and one write, but not one read while another one sends close_notify. So it processes
/// received bytes under <see cref="PipeStream.ProcessingLock"/>. The reader continues after that lock is released.
/// </remarks>
internal sealed class TlsSocket : StreamSocket, IValueTaskSource<int>, IValueTaskSource<bool>
{
    private readonly LowerConnection _lower;
    private readonly PipeStream _pipe;
    private readonly TlsStream _ssl;
    private readonly Action _onRead;
    private ManualResetValueTaskSourceCore<int> _reading;
    private ValueTask<int> _pending;
    private bool _isPending;
    private volatile bool _hasRead;
    private int _isCloseNotifySent;
    private int _isSending;

    public TlsSocket(LowerConnection lower, PipeStream pipe, TlsStream ssl)
    {
        (_lower, _pipe, _ssl) = (lower, pipe, ssl);
        _onRead = OnRead;
        pipe.AfterRead = ContinueReader;
        pipe.IsCorked = true;
    }

    public override EndPoint? LocalEndPoint => _lower.Context.LocalEndPoint;

    public override EndPoint? RemoteEndPoint => _lower.Context.RemoteEndPoint;

    public override bool IsReset => _lower.Reason?.Cause is CloseCause.Reset;

    /// <summary>Whether the connection ended in order, but without close_notify.</summary>
    public bool EndedWithoutCloseNotify { get; private set; }

    /// <summary>Whether the peer has sent close_notify.</summary>
    public bool HasCloseNotify { get; private set; }

    /// <summary>
    /// Whether a reset loses no data: the peer has sent close_notify, and has acknowledged all data that was sent before this
    /// side's close_notify. If it has closed its socket by then, its system answers close_notify with a reset.
    /// </summary>
    public bool MayBeResetInOrder { get; private set; }

    /// <summary>Calls complete as a handler of the connection below.</summary>
    public override bool CanRunHandlers => _lower.RunsOnPipes;

    internal override bool OccupiesThreadPool => Thread.CurrentThread.IsThreadPoolThread;

    public override SystemProgress? GetSystemProgress() => _lower.GetSystemProgress();

    public override ValueTask<bool> WaitForDataAsync()
    {
        StartRead(default);
        return _isPending ? new(this, _reading.Version) : new(GetReadResult(_reading.Version) >= 0);
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        StartRead(buffer);
        return _isPending ? new(this, _reading.Version) : new(GetReadResultOrEnd(_reading.Version));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        try
        {
            if (Interlocked.Exchange(ref _isSending, 1) == 1)
                throw new IOException("TLS was closed.");
            foreach (var segment in bytes)
            {
                // On Windows, SslStream makes a record of nothing.
                if (!segment.IsEmpty)
                    await _ssl.WriteAsync(segment);
            }

            if ((await _pipe.SendAsync()).IsCompleted)
                throw new IOException("The connection below accepts no more data.");
            Volatile.Write(ref _isSending, 0);
        }
        catch (Exception e)
        {
            throw ToException(e);
        }
    }

    public override void ShutdownSend()
    {
        MayBeResetInOrder = HasCloseNotify && !IsReset && _lower.HasPeerAcknowledgedAll;
        SendCloseNotify();
        _pipe.CompleteOutput();
    }

    /// <summary>Sends close_notify, unless a send is in progress.</summary>
    public void TrySendCloseNotifyNow()
    {
        if (Interlocked.Exchange(ref _isSending, 1) == 1)
            return;
        SendCloseNotify();
        _pipe.CompleteOutput();
    }

    public override void Close(bool reset)
    {
        if (reset)
            _lower.Abort(_lower.Reason ?? CloseReason.LocalFin);
        _pipe.CancelRead();
    }

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _reading.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _reading.GetStatus(token);

    int IValueTaskSource<int>.GetResult(short token) => GetReadResultOrEnd(token);

    bool IValueTaskSource<bool>.GetResult(short token) => GetReadResult(token) >= 0;

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _reading.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _reading.OnCompleted(continuation, state, token, flags);

    private void StartRead(Memory<byte> buffer)
    {
        Debug.Assert(!HasCloseNotify && !EndedWithoutCloseNotify, "The end was not reached.");
        _reading.Reset();
        lock (_pipe.ProcessingLock)
        {
            using (NoSyncContextScope.Enter())
            {
#pragma warning disable CA2012 // Kept, since it is consumed once, when it is complete.
                _pending = _ssl.ReadAsync(buffer, CancellationToken.None);
#pragma warning restore CA2012
                _isPending = !_pending.IsCompleted;
                if (_isPending)
                    _pending.GetAwaiter().UnsafeOnCompleted(_onRead);
            }
        }

        if (!_isPending)
            CompleteRead();
    }

    private void OnRead()
    {
        _hasRead = true;
        if (!_pipe.ProcessingLock.IsHeldByCurrentThread)
            ContinueReader(); // Something other than data ended the read.
    }

    private void ContinueReader()
    {
        if (!_hasRead)
            return;
        Debug.Assert(!_pipe.ProcessingLock.IsHeldByCurrentThread, "The reader continues without the lock.");
        _hasRead = false;
        CompleteRead();
    }

    private void CompleteRead()
    {
        int count;
        try
        {
            count = _pending.GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            _reading.SetException(ToException(e));
            return;
        }

        _reading.SetResult(count);
    }

    private int GetReadResult(short token) => _reading.GetResult(token);

    private int GetReadResultOrEnd(short token)
    {
        var count = GetReadResult(token);
        if (count > 0)
            return count;
        (EndedWithoutCloseNotify, HasCloseNotify) = (_pipe.HasEnded, !_pipe.HasEnded);
        _pipe.CompleteInput();
        return 0;
    }

    /// <summary>Writes close_notify, once. The next flush sends it.</summary>
    private void SendCloseNotify()
    {
        if (Interlocked.Exchange(ref _isCloseNotifySent, 1) == 1)
            return;

        // Reading uses the same state of TLS, and SslStream does not synchronize the two.
        lock (_pipe.ProcessingLock)
        {
            try
            {
                using (NoSyncContextScope.Enter())
                    _ = _ssl.ShutdownAsync();
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // TLS is broken already: the peer could not decrypt it.
            }
        }
    }

    private StreamClosedException ToException(Exception error) => new(_ssl.ToCloseReason(error), error);
}
