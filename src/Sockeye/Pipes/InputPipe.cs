using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Transports;

/// <summary>The reading end of a connection. It returns the memory that the driver filled to the reader.</summary>
/// <remarks>
/// One reader at a time, as for every pipe; the driver fills it at the same time. Bytes that arrived before a break are returned
/// before the error. Waiting allocates nothing. Positions count bytes from the start of the stream.
/// </remarks>
/// <param name="driver">Fills the pipe.</param>
public sealed class InputPipe(IPipeDriver driver) : PipeReader, IValueTaskSource<ReadResult>, IThreadPoolWorkItem
{
    /// <summary>The minimum free length in bytes of the last segment. With less, the stream continues in a new segment.</summary>
    private const int MinFreeLength = 512;

    private PipeWait _wait = new();
    private SegmentList _segments;
    private long _received;
    private long _examined;
    private long _lastExamined;
    private WaitStopwatch _pauseClock;
    private Exception? _error;
    private State _state;
    private bool _cancelNext;
    private bool _isFilling;
    private bool _isDiscardingIncoming;
    private bool _isHeld;
    private bool _hasEnded;

    private enum State : byte
    {
        /// <summary>No result is in use.</summary>
        Idle,

        /// <summary>The reader has a result; <see cref="AdvanceTo(SequencePosition)"/> is due.</summary>
        Reading,

        /// <summary>The reader has a cancelled result: AdvanceTo or the next read may follow.</summary>
        ReadingCancelled,

        /// <summary>The owner of the connection ended reading, but the reader may still use its last result.</summary>
        DetachedWhileReading,

        /// <summary>There is no reader. Arriving bytes are discarded.</summary>
        Detached,

        /// <summary>The connection is closed. A reader that has not finished with its last result keeps it.</summary>
        Abandoned,
    }

    /// <summary>Whether a read waits for data.</summary>
    public bool IsWaiting
    {
        get
        {
            lock (_wait.Lock)
                return _wait.IsWaiting;
        }
    }

    /// <summary>The number of bytes that have arrived, including discarded ones.</summary>
    public long BytesReceived => Volatile.Read(ref _received);

    /// <summary>The total time for which receiving was paused, because the handler did not read.</summary>
    public TimeSpan TotalPauseTime => _pauseClock.GetTotal(driver.TimeProvider);

    /// <summary>
    /// The time for which receiving has been paused, because the handler does not read; zero if it is not paused.
    /// </summary>
    public TimeSpan PausedFor => _pauseClock.GetCurrentWait(driver.TimeProvider);

    private int Limit => driver.MaxReadBufferSize;

    /// <summary>Whether arriving bytes are discarded.</summary>
    private bool IsDiscarding => _isDiscardingIncoming || _state is State.Detached;

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        short version;
        lock (_wait.Lock)
        {
            ThrowIfCannotReadLocked();
            if (TryTakeResultLocked(out var result, _examined))
                return new(result);
            if (cancellationToken.IsCancellationRequested)
                return ValueTask.FromCanceled<ReadResult>(cancellationToken);
            version = _wait.BeginLocked(
                this, static (input, token) => ((InputPipe)input!).CancelWait(token), cancellationToken);
        }

        driver.OnReadPending();
        return new(this, version);
    }

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        lock (_wait.Lock)
        {
            ThrowIfCannotReadLocked();
            return TryTakeResultLocked(out result, _lastExamined);
        }
    }

    /// <inheritdoc/>
    public override void CancelPendingRead()
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
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (_wait.Lock)
        {
            if (_state is State.Abandoned)
                return; // The call comes too late, and has no effect.
            if (_state is State.Idle or State.Detached)
                throw new InvalidOperationException("There is no result to advance in. Call AdvanceTo once after each read.");
            var isDetached = _state is State.DetachedWhileReading;
            if (!isDetached)
                MoveToLocked(State.Idle);
            if (!(isDetached ? DiscardAllLocked() : ReleaseConsumedLocked(consumed, examined)))
                return;
        }

        driver.RequestReceive();
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        lock (_wait.Lock)
        {
            // The reader has finished with the memory, whether or not it advanced.
            if (_state is State.Detached or State.Abandoned || !DiscardAllLocked())
                return;
        }

        driver.RequestReceive();
    }

    /// <summary>Ends reading on behalf of the connection's owner. A pending read is cancelled; its memory stays valid.</summary>
    public void Detach()
    {
        bool resumesReceiving = false, resumesReader = false;
        lock (_wait.Lock)
        {
            _cancelNext = true; // Also for a read that has ended, and whose result was not taken yet.
            if (_state is State.Idle && !_wait.IsWaiting)
            {
                resumesReceiving = DiscardAllLocked();
            }
            else if (_state is not (State.Detached or State.Abandoned))
            {
                if (_state is not State.DetachedWhileReading)
                    MoveToLocked(State.DetachedWhileReading);
                resumesReader = _wait.TryEndLocked();
            }
        }

        if (resumesReceiving)
            driver.RequestReceive();
        if (resumesReader)
            driver.ResumeHandler(this);
    }

    /// <summary>
    /// Discards bytes that arrive from now on, even if the reader still uses its last result. Called after <see cref="Detach"/>.
    /// </summary>
    public void DiscardIncoming()
    {
        lock (_wait.Lock)
        {
            _isDiscardingIncoming = true;
            _examined = _received;
            if (!TryResumeLocked())
                return;
        }

        driver.RequestReceive();
    }

    /// <summary>
    /// Leaves memory that the reader may still use to that reader, and no longer counts it as rented. Called after
    /// <see cref="Detach"/>, when the connection is closed.
    /// </summary>
    public void Abandon()
    {
        lock (_wait.Lock)
        {
            if (_state is not State.DetachedWhileReading)
                return;
            Debug.Assert(!_isFilling, "No fill is in progress on a closed connection.");
            MoveToLocked(State.Abandoned);
            _segments.Abandon();
        }
    }

    /// <summary>Stops fills: none begins before <see cref="Release"/>. Returns true if none is in progress.</summary>
    public bool Hold()
    {
        lock (_wait.Lock)
        {
            _isHeld = true;
            return !_isFilling;
        }
    }

    /// <summary>Allows fills again, after <see cref="Hold"/>.</summary>
    public void Release()
    {
        lock (_wait.Lock)
            _isHeld = false;
    }

    /// <summary>Copies the bytes that the reader has not consumed. Returns null while the reader uses the pipe.</summary>
    public byte[]? TryCopyUnread()
    {
        lock (_wait.Lock)
        {
            var isFree = _state is State.Idle or State.ReadingCancelled && !_wait.IsPending && !_isFilling;
            return isFree ? _segments.Bytes.ToArray() : null;
        }
    }

    /// <summary>Continues the stream of another connection. Called once, before the pipe is used.</summary>
    /// <param name="received">The number of bytes that have arrived, with the unread ones.</param>
    /// <param name="unread">The bytes that the reader of the other connection has not consumed.</param>
    public void Continue(long received, ReadOnlySpan<byte> unread)
    {
        lock (_wait.Lock)
        {
            Debug.Assert(_received == 0 && _segments.Head is null, "A stream is continued before it is used.");
            ArgumentOutOfRangeException.ThrowIfLessThan(received, unread.Length);
            _received = _examined = _lastExamined = received - unread.Length;
            _segments.AppendCopy(unread, _received, driver);
            _received = received;
        }
    }

    /// <summary>
    /// Returns the number of bytes that may be received before the reader examines the waiting ones. If it is zero, receiving
    /// pauses until the reader makes the engine resume. <see cref="int.MaxValue"/> if arriving bytes are discarded.
    /// </summary>
    public int GetReceiveLimitOrPause()
    {
        AssertDriving();
        lock (_wait.Lock)
            return GetReceiveLimitOrPauseLocked();
    }

    /// <summary>Provides memory for the kernel to fill, until <see cref="EndFill"/>. Returns false if receiving pauses.</summary>
    /// <param name="size">The size of a new segment.</param>
    /// <param name="segment">The segment whose free part is to be filled. Null if arriving bytes are to be discarded.</param>
    /// <param name="length">The maximum number of bytes to fill.</param>
    public bool TryBeginFill(int size, out PipeSegment? segment, out int length)
    {
        AssertDriving();
        lock (_wait.Lock)
        {
            Debug.Assert(!_isFilling, "No other fill is in progress.");
            (segment, length) = (null, GetReceiveLimitOrPauseLocked());
            if (length == 0 || IsDiscarding)
                return length > 0;
            if (_segments.Tail is not { } tail || tail.FreeLength < MinFreeLength)
                _segments.Append(driver.Rent(size), _received);
            segment = _segments.Tail!;
            length = Math.Min(segment.FreeLength, Math.Max(length, MinFreeLength));
            _isFilling = true;
            return true;
        }
    }

    /// <summary>Ends a fill. Bytes that arrive after the end of the input are discarded.</summary>
    /// <param name="count">The number of bytes that were filled.</param>
    public void EndFill(int count)
    {
        AssertDriving();
        lock (_wait.Lock)
        {
            Debug.Assert(
                _isFilling && count >= 0 && count <= _segments.Tail!.FreeLength,
                "A fill is in progress, and stays within its memory.");
            _isFilling = false;
            if (_hasEnded)
                count = 0;
            if (_state is State.Detached)
            {
                CountDiscardedLocked(count);
                _segments.ReleaseTo(_received, keepsTail: false); // The detached reader left this segment.
                return;
            }

            _segments.Tail!.Fill(count);
            _received += count;
            if (count == 0)
                _segments.ReleaseTo(_segments.Start, keepsTail: false);
            AssertConsistentLocked();
            if (count == 0 || !_wait.TryEndLocked())
                return;
        }

        driver.ResumeHandler(this);
    }

    /// <summary>Adds a segment that the kernel has filled, and takes its ownership.</summary>
    public void Add(PipeSegment filled)
    {
        AssertDriving();
        lock (_wait.Lock)
        {
            Debug.Assert(!_isFilling, "An engine either fills memory of the input or adds segments.");
            if (IsDiscarding)
            {
                CountDiscardedLocked(filled.End);
                filled.Release();
                return;
            }

            // A slow reader must not hold a whole segment for each small piece of its stream.
            if (_segments.Tail is { } tail && filled.End <= tail.FreeLength)
            {
                filled.Memory.CopyTo(tail.Free);
                tail.Fill(filled.End);
                _received += filled.End;
                filled.Release();
            }
            else
            {
                _segments.Append(filled, _received);
                _received += filled.End;
            }

            AssertConsistentLocked();
            if (!_wait.TryEndLocked())
                return;
        }

        driver.ResumeHandler(this);
    }

    /// <summary>Counts bytes that were received and discarded.</summary>
    public void AddDiscarded(int count)
    {
        AssertDriving();
        lock (_wait.Lock)
            CountDiscardedLocked(count);
    }

    /// <summary>Ends the input. Readers get the error, if there is one, after the last byte.</summary>
    public void End(Exception? error)
    {
        AssertDriving();
        lock (_wait.Lock)
        {
            if (_hasEnded)
                return;
            (_hasEnded, _error) = (true, error);
            if (!_wait.TryEndLocked())
                return;
        }

        driver.ResumeHandler(this);
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        _wait.StopCancelling(token);
        lock (_wait.Lock)
        {
            _wait.TakeLocked(token);
            return TryTakeResultLocked(out var result, _examined)
                ? result
                : throw new InvalidOperationException("The read has not ended.");
        }
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    /// <summary>Runs the reader's continuation, on the thread of handlers.</summary>
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

    private static long GetPosition(PipeSegment segment, int index) => segment.RunningIndex + index;

    private void CancelWait(CancellationToken token)
    {
        lock (_wait.Lock)
        {
            if (!_wait.TryCancelLocked(token))
                return;
        }

        driver.ResumeHandler(this);
    }

    private void ThrowIfCannotReadLocked()
    {
        AssertLocked();
        if (_wait.IsPending || _state is State.Reading)
            throw new InvalidOperationException("Reading is already in progress: AdvanceTo must be called before the next read.");
        if (_state is State.DetachedWhileReading && DiscardAllLocked())
            driver.RequestReceive(); // The peer's FIN may be queued behind bytes that have no reader.
        if (_state is State.Detached or State.Abandoned)
        {
            throw new ConnectionAbortedException(
                "The connection was closed by this process: nothing more can be read from it.");
        }
    }

    /// <summary>Returns the result of a read; false if it has to wait.</summary>
    private bool TryTakeResultLocked(out ReadResult result, long examined)
    {
        AssertLocked();
        result = default;
        var hasNew = _received > examined;
        if (!hasNew && !_hasEnded && !_cancelNext)
            return false;
        if (!hasNew && _error is not null)
            ThrowErrorLocked();
        var isCancelled = _cancelNext;
        _cancelNext = false;
        // If an error follows, the last bytes are not marked as the end of the stream.
        result = new(_segments.Bytes, isCancelled, isCompleted: _hasEnded && _error is null);
        if (_state is State.Detached)
            MoveToLocked(State.DetachedWhileReading); // Detached after the end of the wait: the reader may use the result.
        else if (_state is not (State.DetachedWhileReading or State.Abandoned))
            MoveToLocked(isCancelled ? State.ReadingCancelled : State.Reading);
        return true;
    }

    [DoesNotReturn]
    private void ThrowErrorLocked()
    {
        AssertLocked();
        _cancelNext = false;
        if (_state is State.DetachedWhileReading)
            DiscardAllLocked();
        else if (_state is not (State.Detached or State.Abandoned))
            MoveToLocked(State.Idle);
        ExceptionDispatchInfo.Throw(_error!);
    }

    private void CountDiscardedLocked(int count)
    {
        AssertLocked();
        _examined = _received += count;
    }

    private int GetReceiveLimitOrPauseLocked()
    {
        AssertLocked();
        if (_isHeld)
            return 0;
        if (IsDiscarding)
            return int.MaxValue;
        var limit = Limit - (_received - _examined);
        if (limit > 0)
            return (int)limit;
        _pauseClock.Start(driver.TimeProvider.GetTimestamp());
        return 0;
    }

    /// <summary>Releases the bytes that the reader has consumed. Returns true if receiving should resume.</summary>
    private bool ReleaseConsumedLocked(SequencePosition consumed, SequencePosition examined)
    {
        AssertLocked();
        var first = _segments.Head is null ? _received : _segments.Start;
        // An empty result has no segment. Its positions mean that nothing was consumed and everything was examined.
        var to = consumed.GetObject() is PipeSegment last ? GetPosition(last, consumed.GetInteger()) : first;
        var seen = examined.GetObject() is PipeSegment end ? GetPosition(end, examined.GetInteger()) : Math.Max(to, _examined);
        if (to < first || seen < to || seen > _received)
            throw new InvalidOperationException("The positions are not in order, or are not of the last result.");
        _segments.ReleaseTo(to, keepsTail: _isFilling);
        // ReadAsync does not wait for bytes that were examined once; TryRead returns them again after a smaller position, as a
        // pipe does.
        (_examined, _lastExamined) = (Math.Max(_examined, seen), seen);
        AssertConsistentLocked();
        return TryResumeLocked();
    }

    /// <summary>Discards all bytes, because there is no reader. Returns true if receiving should resume.</summary>
    private bool DiscardAllLocked()
    {
        AssertLocked();
        MoveToLocked(State.Detached);
        _examined = _received;
        _segments.ReleaseTo(_received, keepsTail: _isFilling);
        return TryResumeLocked();
    }

    private bool TryResumeLocked()
    {
        AssertLocked();
        if (!_pauseClock.IsRunning || _received - _examined > Limit / 2)
            return false;
        _pauseClock.Stop(driver.TimeProvider.GetTimestamp());
        return true;
    }

    private void MoveToLocked(State state)
    {
        AssertLocked();
        Debug.Assert(CanMove(_state, state), $"The input does not move from {_state} to {state}.");
        _state = state;
    }

    private static bool CanMove(State from, State to) => (from, to) is
        (State.Idle or State.ReadingCancelled, not State.Abandoned)
        or (State.Reading, State.Idle or State.DetachedWhileReading or State.Detached)
        or (State.DetachedWhileReading, State.Detached or State.Abandoned)
        or (State.Detached, State.DetachedWhileReading);

    [Conditional("DEBUG")]
    private void AssertDriving() => driver.AssertDriving();

    [Conditional("DEBUG")]
    private void AssertLocked() =>
        Debug.Assert(_wait.Lock.IsHeldByCurrentThread, "The lock of the reading end is held.");

    [Conditional("DEBUG")]
    private void AssertConsistentLocked()
    {
        AssertLocked();
        _segments.AssertConsistent();
        Debug.Assert(_examined <= _received && _lastExamined <= _examined, "Examined bytes were received.");
        Debug.Assert(
            _segments.Head is null || _segments.Start <= _examined, "Consumed bytes were examined.");
    }
}
