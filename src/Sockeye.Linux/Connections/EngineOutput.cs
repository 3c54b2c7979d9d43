using System.Diagnostics;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Sockeye.Linux;

/// <summary>The writing end of a connection: the engine sends out of the memory that the handler wrote.</summary>
/// <remarks>
/// One writer at a time, as with every pipe; the engine thread sends at the same time. What is flushed during a send goes with
/// the next one. Waiting allocates nothing. Positions count bytes from the start of the stream.
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

    /// <summary>Whether something is flushed that the system does not take yet.</summary>
    public bool HasUnsent => _blockedClock.IsRunning;

    /// <summary>For how long in all something was flushed that the system did not take.</summary>
    public TimeSpan TotalBlockedTime => _blockedClock.GetTotal(connection.Options.TimeProvider);

    /// <summary>For how long the system has taken nothing of what is flushed. Nothing to send: zero.</summary>
    public TimeSpan BlockedFor => _blockedClock.GetCurrentWait(connection.Options.TimeProvider);

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        lock (_wait.Lock)
        {
            if (_isCompleted)
                throw new InvalidOperationException("Nothing more can be written: this output was completed.");
            DetectSecondWriterLocked();
            if (_tail is null || _tail.Room < Math.Max(sizeHint, 1))
                AppendLocked(connection.Thread.Setup.Pool.Rent(GetSegmentSizeLocked(sizeHint)));
            _isWriting = true; // The engine leaves this segment to the writer until the next flush.
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
                throw new InvalidOperationException($"Advance({bytes}) goes beyond the memory that GetMemory or GetSpan gave.");
            // The rest of the memory may be written and advanced as well, as with System.IO.Pipelines' own pipe: Kestrel does so.
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
                throw new InvalidOperationException("A flush is under way already: one task at a time may write.");
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

    /// <summary>Gives what is flushed and not sent yet, as far as it fits.</summary>
    /// <remarks>
    /// The memory stays as it is until <see cref="EndSend"/>, whatever happens to the connection. With nothing to send the engine
    /// need not come back before it is asked, and <paramref name="isEnd"/> says whether FIN is due.
    /// </remarks>
    /// <returns>How many of <paramref name="vectors"/> are filled, and their bytes.</returns>
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
                    continue; // It was sent, and kept for the writer, who then needed more than its room.
                vectors[used++] = new() { Address = segment.Address + index, Length = length };
                (left, bytes) = (left - length, bytes + length);
            }

            Debug.Assert(used > 0 && bytes > 0, "What is flushed and not sent is in the segments.");
            return (used, bytes);
        }
    }

    /// <summary>
    /// The system has taken this many bytes. True: there is more to send, or FIN. False: the engine need not come back before it
    /// is asked.
    /// </summary>
    public bool EndSend(int count)
    {
        connection.Thread.AssertOnEngineThread();
        bool hasMore;
        lock (_wait.Lock)
        {
            Debug.Assert(count >= 0 && count <= _flushed - _sent, "Only what is flushed is sent, and once.");
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

    /// <summary>Nothing more is sent: the next flush says so to the writer. A send may still be in flight.</summary>
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

    /// <summary>After <see cref="End"/>, with no send in flight: gives the memory back.</summary>
    public void ReleaseAll()
    {
        connection.Thread.AssertOnEngineThread();
        lock (_wait.Lock)
        {
            Debug.Assert(_hasEnded, "Memory is given back only after the output has ended.");
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

    /// <summary>Runs the writer's continuation, where handlers run.</summary>
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

    /// <summary>As much as the last flush took; a writer that is ahead of the engine gets more, for fewer pieces to
    /// send.</summary>
    private int GetSegmentSizeLocked(int sizeHint)
    {
        AssertLocked();
        return Math.Max(sizeHint, _written - _sent >= 2 * SegmentPool.SmallSize ? SegmentPool.LargeSize : _lastFlushSize);
    }

    /// <summary>True where the caller must ask the engine to send.</summary>
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
            ReleaseSentLocked(); // What was kept for the writer.
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
    /// One writer at a time is the rule. With two, one may still write into memory that the other has flushed: once that is
    /// possible, no segment of this output serves another connection afterwards.
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
        Debug.Assert(_wait.Lock.IsHeldByCurrentThread, "The output changes only under the lock of its end of the pipe.");

    [Conditional("DEBUG")]
    private void AssertConsistentLocked()
    {
        AssertLocked();
        Debug.Assert(_head is null == _tail is null, "A list of segments has both ends or none.");
        Debug.Assert(_sent <= _flushed && _flushed <= _written, "What is sent was flushed, and what is flushed was written.");
        Debug.Assert(_headIndex >= 0, "Nothing before the first segment is sent.");
        Debug.Assert(!_isWriting || _tail is not null, "A writer has memory to write to.");
    }
}
