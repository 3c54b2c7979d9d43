using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <summary>
/// The two pipes of a connection as one stream for <c>SslStream</c>. Waiting for data holds no buffer, reading and writing
/// allocate nothing, and continuations run inline, without a context.
/// </summary>
/// <remarks>
/// <c>SslStream</c> awaits without a context. If a task completes on a thread that has a context, such a continuation runs on the
/// thread pool, which a simulation cannot control. Therefore waits complete outside any context
/// (<see cref="NoSyncContextScope"/>). Tokens are ignored: the connection below is ended to cancel. One reader and one writer at
/// a time.
/// </remarks>
internal sealed class PipeStream : Stream, IValueTaskSource<int>, IValueTaskSource
{
    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private readonly Action _onRead;
    private readonly Action _onFlushed;
    private readonly Lock _writeLock = new();
    private ManualResetValueTaskSourceCore<int> _reading;
    private ManualResetValueTaskSourceCore<bool> _flushing;
    private ValueTask<ReadResult> _pendingRead;
    private ValueTask<FlushResult> _pendingFlush;
    private Memory<byte> _buffer;
    private bool _isFlushing;

    public PipeStream(IDuplexPipe pipe)
    {
        (_input, _output) = (pipe.Input, pipe.Output);
        (_onRead, _onFlushed) = (OnRead, OnFlushed);
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>TLS bytes that were taken from the connection before this stream. They are read first.</summary>
    public ReadOnlyMemory<byte> Prefix { get; set; }

    /// <summary>Called with the first bytes that arrive; throws to refuse them.</summary>
    public Action<ReadOnlySequence<byte>>? OnFirstBytes { get; set; }

    /// <summary>Called whenever bytes arrive.</summary>
    public Action? OnProgress { get; set; }

    /// <summary>Held while received bytes are processed, once <see cref="AfterRead"/> is set.</summary>
    public Lock ProcessingLock { get; } = new();

    /// <summary>Called, without the lock, after a read that had to wait.</summary>
    public Action? AfterRead { get; set; }

    /// <summary>Whether the connection below ended in order, and all of it was read.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether the writer flushes explicitly, once for many writes.</summary>
    public bool IsCorked { get; set; }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!Prefix.IsEmpty)
            return new(TakePrefix(buffer));
#pragma warning disable CA2012 // Kept, since it is consumed once, when it is complete.
        var read = _input.ReadAsync(CancellationToken.None);
#pragma warning restore CA2012
        if (read.IsCompletedSuccessfully)
            return new(Take(read.Result, buffer));
        _reading.Reset();
        (_pendingRead, _buffer) = (read, buffer);
        read.GetAwaiter().UnsafeOnCompleted(_onRead);
        return new(this, _reading.Version);
    }

    /// <summary>Ends reading. Data that still arrives is discarded.</summary>
    public void CompleteInput() => _input.Complete();

    /// <summary>Cancels the pending read, or the next one.</summary>
    public void CancelRead() => _input.CancelPendingRead();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return _isFlushing ? new(this, _flushing.Version) : default;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        // TLS may answer the peer while data is written.
        lock (_writeLock)
            _output.Write(buffer);
        if (IsCorked || _isFlushing)
            return;
#pragma warning disable CA2012 // Kept, since it is consumed once, when it is complete.
        var flush = _output.FlushAsync(CancellationToken.None);
#pragma warning restore CA2012
        if (flush.IsCompletedSuccessfully)
        {
            _ = flush.Result; // If the peer has gone, reading reports it.
            return;
        }

        _isFlushing = true;
        _flushing.Reset();
        _pendingFlush = flush;
        flush.GetAwaiter().UnsafeOnCompleted(_onFlushed);
    }

    /// <summary>Sends the written bytes.</summary>
    public ValueTask<FlushResult> SendAsync() => _output.FlushAsync(CancellationToken.None);

    /// <summary>Ends writing: sends the written bytes, then FIN.</summary>
    public void CompleteOutput() => _output.Complete();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask; // Writing sends.

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    int IValueTaskSource<int>.GetResult(short token) => _reading.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _reading.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _reading.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token) => _flushing.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _flushing.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _flushing.OnCompleted(continuation, state, token, flags);

    private void OnRead()
    {
        if (AfterRead is not { } after)
        {
            EndRead();
            return;
        }

        lock (ProcessingLock)
            EndRead();
        after();
    }

    private void EndRead()
    {
        Debug.Assert(AfterRead is null || ProcessingLock.IsHeldByCurrentThread, "Received bytes are processed under the lock.");
        using (NoSyncContextScope.Enter())
        {
            int count;
            try
            {
                count = Take(_pendingRead.GetAwaiter().GetResult(), _buffer);
            }
            catch (Exception e)
            {
                _reading.SetException(e);
                return;
            }

            _reading.SetResult(count);
        }
    }

    private int TakePrefix(Memory<byte> buffer)
    {
        var part = Prefix[..Math.Min(Prefix.Length, buffer.Length)];
        part.CopyTo(buffer);
        Prefix = Prefix[part.Length..];
        OnFirstBytes = null;
        return part.Length;
    }

    private int Take(in ReadResult read, Memory<byte> buffer)
    {
        if (read.IsCanceled)
        {
            _input.AdvanceTo(read.Buffer.Start);
            throw new OperationCanceledException("Reading was cancelled.");
        }

        var count = (int)Math.Min(read.Buffer.Length, buffer.Length);
        var part = read.Buffer.Slice(0, count);
        try
        {
            if (read.Buffer.IsEmpty)
            {
                HasEnded |= read.IsCompleted;
            }
            else
            {
                Debug.Assert(!HasEnded, "The end is the last result.");
                OnProgress?.Invoke();
                OnFirstBytes?.Invoke(read.Buffer);
                OnFirstBytes = null;
                part.CopyTo(buffer.Span);
            }
        }
        finally
        {
            _input.AdvanceTo(part.End);
        }

        return count;
    }

    private void OnFlushed()
    {
        Debug.Assert(_isFlushing, "A flush is in progress.");
        _isFlushing = false;
        using (NoSyncContextScope.Enter())
        {
            try
            {
                _pendingFlush.GetAwaiter().GetResult();
            }
            catch (Exception e)
            {
                _flushing.SetException(e);
                return;
            }

            _flushing.SetResult(true);
        }
    }
}
