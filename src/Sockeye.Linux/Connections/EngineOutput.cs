using System.Diagnostics;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Sockeye.Linux;

/// <summary>The writing end of a connection. The engine sends from the memory that the handler wrote.</summary>
/// <remarks>
/// One writer at a time, as for every pipe; the engine thread sends at the same time. Bytes that are flushed during a send go
/// with the next one. Waiting allocates nothing. Positions count bytes from the start of the stream.
/// </remarks>
internal sealed class EngineOutput(EngineConnection connection)
    : PipeWriter, IValueTaskSource<FlushResult>, IThreadPoolWorkItem
{
    private PipeWait _wait = new();
    private Segment? _head;
    private Segment? _tail;
    private int _headIndex;
    private long _written;
    private long _flushed;
    private long _sent;
    private WaitStopwatch _blockedClock;
    private int _lastFlushSize;
    private int _writerThreadId;
    private bool _hasSecondWriter;
    private bool _isWriting;
    private bool _cancelNext;
    private bool _isCompleted;
    private bool _isSendRequested;
    private bool _hasEnded;
    private bool _canReleaseAll;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _written - _flushed;

    /// <summary>Whether the system has not accepted all flushed bytes yet.</summary>
    public bool HasUnsent => _blockedClock.IsRunning;

    /// <summary>The total time for which flushed bytes waited for the system.</summary>
    public TimeSpan TotalBlockedTime => _blockedClock.GetTotal(connection.Options.TimeProvider);

    /// <summary>The time for which the system has accepted none of the flushed bytes; zero if there are none.</summary>
    public TimeSpan BlockedFor => _blockedClock.GetCurrentWait(connection.Options.TimeProvider);

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        lock (_wait.Lock)
        {
            if (_isCompleted)
                throw new InvalidOperationException("Cannot write: this output was completed.");
            DetectSecondWriterLocked();
            if (_tail is null || _tail.Room < Math.Max(sizeHint, 1))
                AppendLocked(connection.Thread.Setup.Pool.Rent(GetSegmentSizeLocked(sizeHint)));
            _isWriting = true; // The engine does not release this segment before the next flush.
            _writerThreadId = Environment.CurrentManagedThreadId;
            return _tail!.Free;
        }
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (_wait.Lock)
        {
            if (bytes > (_isWriting ? _tail!.Room : 0))
                throw new InvalidOperationException($"Advance({bytes}) exceeds the memory that GetMemory or GetSpan returned.");
            // The rest of the memory may be written and advanced as well, as for the pipe of System.IO.Pipelines. Kestrel does
            // so.
            _tail?.Fill(bytes);
            _written += bytes;
            _writerThreadId = 0;
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        bool mustRequestSend;
        ValueTask<FlushResult> result;
        lock (_wait.Lock)
        {
            if (_wait.IsPending)
                throw new InvalidOperationException("A flush is already in progress: only one task at a time may write.");
            if (cancellationToken.IsCancellationRequested)
                return ValueTask.FromCanceled<FlushResult>(cancellationToken);
            mustRequestSend = FlushLocked();
            result = _hasEnded || _cancelNext || _flushed - _sent <= connection.Options.MaxWriteBufferSize
                ? new(TakeResultLocked())
                : new(this, _wait.BeginLocked(
                    this, static (output, token) => ((EngineOutput)output!).CancelWait(token), cancellationToken));
        }

        if (mustRequestSend)
            connection.Post(EngineRequests.Send);
        return result;
    }

    public override void CancelPendingFlush()
    {
        lock (_wait.Lock)
        {
            _cancelNext = true;
            if (!_wait.TryEndLocked())
                return;
        }

        connection.Resume(this);
    }

    public override void Complete(Exception? exception = null)
    {
        lock (_wait.Lock)
        {
            if (_isCompleted)
                return;
            _isCompleted = true;
            FlushLocked();
            _isSendRequested = true;
        }

        if (exception is not null)
            connection.OnHandlerFailed(exception);
        connection.Post(EngineRequests.Send);
    }

    /// <summary>Returns flushed bytes that are not sent yet, as many as fit.</summary>
    /// <remarks>
    /// The memory stays valid until <see cref="EndSend"/>, even if the connection ends. If there is nothing to send, the engine
    /// need not call again before the next request, and <paramref name="isEnd"/> has whether FIN is due.
    /// </remarks>
    /// <returns>The number of filled <paramref name="vectors"/>, and of their bytes.</returns>
    public (int Vectors, int Bytes) BeginSend(Span<IoVector> vectors, int maxBytes, out bool isEnd)
    {
        connection.Thread.AssertOnEngineThread();
        lock (_wait.Lock)
        {
            AssertConsistentLocked();
            isEnd = false;
            var left = (int)Math.Min(_flushed - _sent, maxBytes);
            if (left == 0)
            {
                (_isSendRequested, isEnd) = (false, _isCompleted);
                return default;
            }

            _blockedClock.Start(connection.Thread.Now);
            var (used, bytes) = (0, 0);
            var (segment, index) = (_head!, _headIndex);
            for (; left > 0 && used < vectors.Length; (segment, index) = (segment.NextSegment!, 0))
            {
                var length = Math.Min(segment.End - index, left);
                if (length == 0)
                    continue; // The segment was sent, and kept for the writer, which then needed more than its room.
                vectors[used++] = new() { Address = segment.Address + index, Length = length };
                (left, bytes) = (left - length, bytes + length);
            }

            Debug.Assert(used > 0 && bytes > 0, "Flushed and unsent bytes are in the segments.");
            return (used, bytes);
        }
    }

    /// <summary>
    /// Ends a send, in which the system accepted the given number of bytes. Returns true if there are more bytes, or FIN, to
    /// send. If false, the engine need not call again before the next request.
    /// </summary>
    public bool EndSend(int count)
    {
        connection.Thread.AssertOnEngineThread();
        bool hasMore;
        lock (_wait.Lock)
        {
            Debug.Assert(count >= 0 && count <= _flushed - _sent, "Sent bytes were flushed and unsent.");
            _sent += count;
            _headIndex += count;
            if (_flushed == _sent)
                _blockedClock.Stop(connection.Thread.Now);
            else
                _blockedClock.Lap(connection.Thread.Now);
            ReleaseSentLocked();
            hasMore = _flushed > _sent || _isCompleted;
            _isSendRequested = hasMore;
            AssertConsistentLocked();
            if (_flushed - _sent > connection.Options.MaxWriteBufferSize / 2 || !_wait.TryEndLocked())
                return hasMore;
        }

        connection.Resume(this);
        return hasMore;
    }

    /// <summary>Ends the output, which the next flush reports to the writer. A send may still be in flight.</summary>
    public void End()
    {
        connection.Thread.AssertOnEngineThread();
        lock (_wait.Lock)
        {
            _hasEnded = true;
            if (!_wait.TryEndLocked())
                return;
        }

        connection.Resume(this);
    }

    /// <summary>Releases the memory. Called after <see cref="End"/>, with no send in flight.</summary>
    public void ReleaseAll()
    {
        connection.Thread.AssertOnEngineThread();
        lock (_wait.Lock)
        {
            Debug.Assert(_hasEnded, "The output has ended.");
            _canReleaseAll = true;
            ReleaseAllLocked();
        }
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        _wait.StopCancelling(token);
        lock (_wait.Lock)
        {
            _wait.TakeLocked(token);
            return TakeResultLocked();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    /// <summary>Runs the writer's continuation, on the thread of handlers.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            _wait.Complete();
        }
        catch (Exception e)
        {
            connection.OnHandlerFailed(e);
        }
    }

    private void CancelWait(CancellationToken token)
    {
        lock (_wait.Lock)
        {
            if (!_wait.TryCancelLocked(token))
                return;
        }

        connection.Resume(this);
    }

    private FlushResult TakeResultLocked()
    {
        AssertLocked();
        var isCancelled = _cancelNext;
        _cancelNext = false;
        return new(isCancelled, isCompleted: _hasEnded);
    }

    /// <summary>
    /// Returns the size of the last flush. A writer that is ahead of the engine gets more, so that there are fewer pieces to
    /// send.
    /// </summary>
    private int GetSegmentSizeLocked(int sizeHint)
    {
        AssertLocked();
        return Math.Max(sizeHint, _written - _sent >= 2 * SegmentPool.SmallSize ? SegmentPool.LargeSize : _lastFlushSize);
    }

    /// <summary>Flushes the written bytes. Returns true if the caller must request a send.</summary>
    private bool FlushLocked()
    {
        AssertLocked();
        DetectSecondWriterLocked();
        _writerThreadId = 0;
        _lastFlushSize = (int)Math.Min(_written - _flushed, SegmentPool.LargeSize);
        _flushed = _written;
        _isWriting = false;
        AssertConsistentLocked();
        if (_hasEnded)
        {
            if (_canReleaseAll)
                ReleaseAllLocked();
            return false;
        }

        if (_flushed == _sent)
            ReleaseSentLocked(); // Releases segments that were kept for the writer.
        if (_isSendRequested || _flushed == _sent)
            return false;
        _isSendRequested = true;
        return true;
    }

    private void ReleaseSentLocked()
    {
        AssertLocked();
        while (_head is { } segment && _headIndex >= segment.End && (segment != _tail || !_isWriting))
        {
            _headIndex -= segment.End;
            ReleaseHeadLocked();
        }
    }

    /// <summary>
    /// Detects a second writer, which the rules of a pipe forbid. One of two writers may still write to memory that the other has
    /// flushed. Once that is possible, segments of this output are not reused for other connections.
    /// </summary>
    private void DetectSecondWriterLocked()
    {
        AssertLocked();
        if (_hasSecondWriter || _writerThreadId == 0 || _writerThreadId == Environment.CurrentManagedThreadId)
            return;
        _hasSecondWriter = true;
        for (var segment = _head; segment is not null; segment = segment.NextSegment)
            segment.IsSingleUse = true;
    }

    private void AppendLocked(Segment segment)
    {
        AssertLocked();
        segment.IsSingleUse = _hasSecondWriter;
        if (_tail is null)
            (_head, _headIndex) = (segment, 0);
        else
            _tail.Append(segment);
        _tail = segment;
    }

    private void ReleaseAllLocked()
    {
        AssertLocked();
        (_flushed, _sent) = (_written, _written);
        while (_head is { } segment && (segment != _tail || !_isWriting))
            ReleaseHeadLocked();
        _headIndex = 0;
    }

    private void ReleaseHeadLocked()
    {
        AssertLocked();
        var segment = _head!;
        _head = segment.NextSegment;
        if (_head is null)
            _tail = null;
        segment.Release();
    }

    [Conditional("DEBUG")]
    private void AssertLocked() =>
        Debug.Assert(_wait.Lock.IsHeldByCurrentThread, "The lock of the writing end is held.");

    [Conditional("DEBUG")]
    private void AssertConsistentLocked()
    {
        AssertLocked();
        Debug.Assert(_head is null == _tail is null, "The list has both ends or none.");
        Debug.Assert(_sent <= _flushed && _flushed <= _written, "Sent bytes were flushed, and flushed bytes were written.");
        Debug.Assert(_headIndex >= 0, "The first unsent byte is in the first segment.");
        Debug.Assert(!_isWriting || _tail is not null, "A writer has memory to write to.");
    }
}
