using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Sockeye.Transports;

/// <summary>The writing end of a connection. The driver sends from the memory that the handler wrote.</summary>
/// <remarks>
/// One writer at a time, as for every pipe; the driver sends at the same time. Bytes that are flushed during a send go with the
/// next one. Waiting allocates nothing. Positions count bytes from the start of the stream.
/// </remarks>
/// <param name="driver">Sends what is flushed.</param>
public sealed class OutputPipe(IPipeDriver driver) : PipeWriter, IValueTaskSource<FlushResult>, IThreadPoolWorkItem
{
    private PipeWait _wait = new();
    private SegmentList _segments;
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

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _written - _flushed;

    /// <summary>Whether the system has not accepted all flushed bytes yet.</summary>
    public bool HasUnsent => _blockedClock.IsRunning;

    /// <summary>The total time for which flushed bytes waited for the system.</summary>
    public TimeSpan TotalBlockedTime => _blockedClock.GetTotal(driver.TimeProvider);

    /// <summary>The time for which the system has accepted none of the flushed bytes; zero if there are none.</summary>
    public TimeSpan BlockedFor => _blockedClock.GetCurrentWait(driver.TimeProvider);

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        lock (_wait.Lock)
        {
            if (_isCompleted)
                throw new InvalidOperationException("Cannot write: this output was completed.");
            DetectSecondWriterLocked();
            if (_segments.Tail is not { } tail || tail.FreeLength < Math.Max(sizeHint, 1))
                AppendLocked(driver.Rent(GetSegmentSizeLocked(sizeHint)));
            _isWriting = true; // This segment is not released before the next flush.
            _writerThreadId = Environment.CurrentManagedThreadId;
            return _segments.Tail!.Free;
        }
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (_wait.Lock)
        {
            if (bytes > (_isWriting ? _segments.Tail!.FreeLength : 0))
                throw new InvalidOperationException($"Advance({bytes}) exceeds the memory that GetMemory or GetSpan returned.");
            // The rest of the memory may be written and advanced as well, as for the pipe of System.IO.Pipelines. Kestrel does
            // so.
            _segments.Tail?.Fill(bytes);
            _written += bytes;
            _writerThreadId = 0;
        }
    }

    /// <remarks>If the token has fired, nothing is written.</remarks>
    /// <inheritdoc/>
    public override ValueTask<FlushResult> WriteAsync(
        ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<FlushResult>(cancellationToken)
            : base.WriteAsync(source, cancellationToken);

    /// <inheritdoc/>
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
            result = _hasEnded || _cancelNext || _flushed - _sent <= driver.MaxWriteBufferSize
                ? new(TakeResultLocked())
                : new(this, _wait.BeginLocked(
                    this, static (output, token) => ((OutputPipe)output!).CancelWait(token), cancellationToken));
        }

        if (mustRequestSend)
            driver.RequestSend();
        return result;
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush()
    {
        lock (_wait.Lock)
        {
            _cancelNext = true;
            if (!_wait.TryEndLocked())
                return;
        }

        driver.ResumeHandler(this);
    }

    /// <inheritdoc/>
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
            driver.OnHandlerFailed(exception);
        driver.RequestSend();
    }

    /// <summary>Copies the written bytes that are not sent. Returns null while a writer waits, or uses memory.</summary>
    public byte[]? TryCopyUnsent()
    {
        lock (_wait.Lock)
        {
            if (_wait.IsPending || _writerThreadId != 0)
                return null;
            _segments.ReleaseTo(_sent, keepsTail: _isWriting);
            return _segments.Bytes.ToArray();
        }
    }

    /// <summary>Continues the stream of another connection. Called once, before use; the driver then sends.</summary>
    /// <param name="sent">The number of bytes that the other connection has sent.</param>
    /// <param name="unsent">The bytes that follow.</param>
    public void Continue(long sent, ReadOnlySpan<byte> unsent)
    {
        lock (_wait.Lock)
        {
            Debug.Assert(_written == 0, "A stream is continued before it is used.");
            ArgumentOutOfRangeException.ThrowIfNegative(sent);
            _sent = sent;
            _segments.AppendCopy(unsent, sent, driver);
            _written = _flushed = sent + unsent.Length;
            _isSendRequested = !unsent.IsEmpty;
            AssertConsistentLocked();
        }
    }

    /// <summary>Returns flushed bytes that are not sent yet.</summary>
    /// <remarks>
    /// The memory stays valid until <see cref="EndSend"/>, even if the connection ends. If there is nothing to send, the driver
    /// need not call again before the next request, and <paramref name="isEnd"/> has whether FIN is due.
    /// </remarks>
    /// <param name="maxBytes">The maximum number of bytes.</param>
    /// <param name="isEnd">Whether the output is completed, and everything is sent.</param>
    public ReadOnlySequence<byte> BeginSend(int maxBytes, out bool isEnd)
    {
        AssertDriving();
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

            _blockedClock.Start(driver.Now);
            _segments.ReleaseTo(_sent, keepsTail: _isWriting); // The writer kept a segment, and then needed a larger one.
            var end = _segments.Head!;
            var index = _segments.HeadIndex + left;
            for (; index > end.End; end = end.NextSegment!)
                index -= end.End;
            return new(_segments.Head!, _segments.HeadIndex, end, index);
        }
    }

    /// <summary>
    /// Ends a send, in which the system accepted the given number of bytes. Returns true if there are more bytes, or FIN, to
    /// send. If false, the engine need not call again before the next request.
    /// </summary>
    public bool EndSend(int count)
    {
        AssertDriving();
        bool hasMore;
        lock (_wait.Lock)
        {
            Debug.Assert(count >= 0 && count <= _flushed - _sent, "Sent bytes were flushed and unsent.");
            _sent += count;
            if (_flushed == _sent)
                _blockedClock.Stop(driver.Now);
            else
                _blockedClock.Lap(driver.Now);
            _segments.ReleaseTo(_sent, keepsTail: _isWriting);
            hasMore = _flushed > _sent || _isCompleted;
            _isSendRequested = hasMore;
            AssertConsistentLocked();
            if (_flushed - _sent > driver.MaxWriteBufferSize / 2 || !_wait.TryEndLocked())
                return hasMore;
        }

        driver.ResumeHandler(this);
        return hasMore;
    }

    /// <summary>Ends the output, which the next flush reports to the writer. A send may still be in flight.</summary>
    public void End()
    {
        AssertDriving();
        lock (_wait.Lock)
        {
            _hasEnded = true;
            if (!_wait.TryEndLocked())
                return;
        }

        driver.ResumeHandler(this);
    }

    /// <summary>Releases the memory. Called after <see cref="End"/>, with no send in flight.</summary>
    public void ReleaseAll()
    {
        AssertDriving();
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
            driver.OnHandlerFailed(e);
        }
    }

    private void CancelWait(CancellationToken token)
    {
        lock (_wait.Lock)
        {
            if (!_wait.TryCancelLocked(token))
                return;
        }

        driver.ResumeHandler(this);
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
            _segments.ReleaseTo(_sent, keepsTail: false); // Releases segments that were kept for the writer.
        if (_isSendRequested || _flushed == _sent)
            return false;
        _isSendRequested = true;
        return true;
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
        for (var segment = _segments.Head; segment is not null; segment = segment.NextSegment)
            segment.IsSingleUse = true;
    }

    private void AppendLocked(PipeSegment segment)
    {
        AssertLocked();
        segment.IsSingleUse = _hasSecondWriter;
        _segments.Append(segment, _written);
    }

    private void ReleaseAllLocked()
    {
        AssertLocked();
        (_flushed, _sent) = (_written, _written);
        _segments.ReleaseTo(_written, keepsTail: _isWriting);
    }

    [Conditional("DEBUG")]
    private void AssertDriving() => driver.AssertDriving();

    [Conditional("DEBUG")]
    private void AssertLocked() =>
        Debug.Assert(_wait.Lock.IsHeldByCurrentThread, "The lock of the writing end is held.");

    [Conditional("DEBUG")]
    private void AssertConsistentLocked()
    {
        AssertLocked();
        _segments.AssertConsistent();
        Debug.Assert(_sent <= _flushed && _flushed <= _written, "Sent bytes were flushed, and flushed bytes were written.");
        Debug.Assert(!_isWriting || _segments.Tail is not null, "A writer has memory to write to.");
    }
}
