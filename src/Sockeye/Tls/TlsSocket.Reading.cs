using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <remarks>
/// <c>SslStream</c> lets one thread read and one write, but not one read while another one says close_notify. So all that it does
/// with what has arrived is done under <see cref="PipeStream.ProcessingLock"/>. The reader continues after that lock.
/// </remarks>
internal sealed partial class TlsSocket : IValueTaskSource<int>, IValueTaskSource<bool>
{
    private readonly Action _onRead;
    private ManualResetValueTaskSourceCore<int> _reading;
    private ValueTask<int> _pending;
    private bool _isPending;
    private volatile bool _hasRead;

    /// <summary>The connection ended in order, but TLS had not said that nothing follows.</summary>
    public bool EndedWithoutCloseNotify { get; private set; }

    /// <summary>The peer said that nothing follows.</summary>
    public bool HasCloseNotify { get; private set; }

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
            ContinueReader(); // Something else than data ended it.
    }

    private void ContinueReader()
    {
        if (!_hasRead)
            return;
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
}
