using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Linux;

/// <summary>The reading end of a connection: hands out the very memory that the kernel filled.</summary>
/// <remarks>
/// One reader at a time, as every pipe; the engine thread fills it at the same time. What arrived before a break is handed out
/// before the error. Waiting allocates nothing. Positions count bytes from the beginning of the stream.
/// </remarks>
internal sealed partial class EngineInput(EngineConnection connection)
    : PipeReader, IValueTaskSource<ReadResult>, IThreadPoolWorkItem
{
    private PipeWait _wait = new();
    private Exception? _error;
    private ReadState _state;
    private bool _cancelNext;

    private enum ReadState : byte
    {
        /// <summary>Nothing is handed out.</summary>
        Idle,

        /// <summary>A result is handed out; <see cref="AdvanceTo(SequencePosition)"/> is due.</summary>
        Reading,

        /// <summary>A result that was cancelled is handed out: AdvanceTo may follow, or the next read.</summary>
        ReadingCancelled,

        /// <summary>The owner of the connection ended reading, but the reader may still look at its last result.</summary>
        RetiredWhileReading,

        /// <summary>Nobody reads any more: what arrives is thrown away.</summary>
        Retired,

        /// <summary>The connection is closed. A reader that has not said that it is done keeps its last result.</summary>
        Abandoned,
    }

    /// <summary>From any thread: whether a read waits for what the peer sends.</summary>
    public bool IsWaiting
    {
        get
        {
            lock (_wait.Lock)
                return _wait.IsWaiting;
        }
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        short version;
        lock (_wait.Lock)
        {
            BeginRead();
            if (TryTake(out var result, _examined))
                return new(result);
            if (cancellationToken.IsCancellationRequested)
                return ValueTask.FromCanceled<ReadResult>(cancellationToken);
            version = _wait.Begin(
                this, static (input, token) => ((EngineInput)input!).CancelWait(token), cancellationToken);
        }

        connection.OnReaderWaits();
        return new(this, version);
    }

    public override bool TryRead(out ReadResult result)
    {
        lock (_wait.Lock)
        {
            BeginRead();
            return TryTake(out result, _lastExamined);
        }
    }

    public override void CancelPendingRead()
    {
        lock (_wait.Lock)
        {
            _cancelNext = true;
            if (!_wait.TryEnd())
                return;
        }

        connection.Continue(this);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (_wait.Lock)
        {
            if (_state is ReadState.Abandoned)
                return; // It comes too late, and changes nothing.
            if (_state is ReadState.Idle or ReadState.Retired)
                throw new InvalidOperationException("There is no result to advance in: a read must have ended before.");
            var isRetired = _state is ReadState.RetiredWhileReading;
            if (!isRetired)
                _state = ReadState.Idle;
            if (!(isRetired ? Discard() : Release(consumed, examined)))
                return;
        }

        connection.Post(EngineRequests.Receive);
    }

    public override void Complete(Exception? exception = null)
    {
        lock (_wait.Lock)
        {
            // The reader itself says that it will not touch the memory again, whether or not it advanced.
            if (_state is ReadState.Retired or ReadState.Abandoned || !Discard())
                return;
        }

        connection.Post(EngineRequests.Receive);
    }

    /// <summary>
    /// Ends reading on behalf of the connection's owner. A read under way ends as cancelled; its memory stays valid.
    /// </summary>
    public void Retire()
    {
        bool resumes = false, continues = false;
        lock (_wait.Lock)
        {
            _cancelNext = true; // Also for a read that has ended, and whose result is still to be taken.
            if (_state is ReadState.Idle && !_wait.IsWaiting)
            {
                resumes = Discard();
            }
            else if (_state is not (ReadState.Retired or ReadState.Abandoned))
            {
                _state = ReadState.RetiredWhileReading;
                continues = _wait.TryEnd();
            }
        }

        if (resumes)
            connection.Post(EngineRequests.Receive);
        if (continues)
            connection.Continue(this);
    }

    /// <summary>
    /// After <see cref="Retire"/>, when the connection is closed: a reader that has not said that it is done with its memory
    /// keeps what it holds, and it counts as lent no more.
    /// </summary>
    public void LetGo()
    {
        lock (_wait.Lock)
        {
            if (_state is not ReadState.RetiredWhileReading)
                return;
            Debug.Assert(!_isFilling, "The kernel fills nothing of a connection that is closed.");
            _state = ReadState.Abandoned;
            for (var segment = _head; segment is not null; segment = segment.NextSegment)
                segment.LetGo();
            (_head, _tail) = (null, null);
        }
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        _wait.StopCancelling(token);
        lock (_wait.Lock)
        {
            _wait.Take(token);
            return TryTake(out var result, _examined) ? result : throw new InvalidOperationException("The read has not ended.");
        }
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    /// <summary>Runs the reader's continuation, where handlers run.</summary>
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
            if (!_wait.TryCancel(token))
                return;
        }

        connection.Continue(this);
    }

    private void BeginRead()
    {
        if (_wait.IsPending || _state is ReadState.Reading)
            throw new InvalidOperationException("Reading is already in progress: AdvanceTo must be called before the next read.");
        if (_state is ReadState.RetiredWhileReading && Discard())
            connection.Post(EngineRequests.Receive); // The peer's FIN may wait behind what nobody wants to read any more.
        if (_state is ReadState.Retired or ReadState.Abandoned)
        {
            throw new ConnectionAbortedException(
                "The connection was closed by this process: nothing can be read from it any more.");
        }
    }

    /// <summary>What a read sees now; false where it has to wait.</summary>
    private bool TryTake(out ReadResult result, long examined)
    {
        result = default;
        var hasNew = _received > examined;
        if (!hasNew && !_hasEnded && !_cancelNext)
            return false;
        if (!hasNew && _error is not null)
            ThrowError();
        var isCancelled = _cancelNext;
        _cancelNext = false;
        // With an error behind them the last bytes do not look like the end of the stream.
        result = new(Unread(), isCancelled, isCompleted: _hasEnded && _error is null);
        if (_state is ReadState.Retired)
            _state = ReadState.RetiredWhileReading; // Between the end of its wait and this: the reader may still look.
        if (_state is not (ReadState.RetiredWhileReading or ReadState.Abandoned))
            _state = isCancelled ? ReadState.ReadingCancelled : ReadState.Reading;
        return true;
    }

    [DoesNotReturn]
    private void ThrowError()
    {
        _cancelNext = false;
        if (_state is ReadState.RetiredWhileReading)
            Discard();
        else if (_state is not ReadState.Abandoned)
            _state = ReadState.Idle;
        ExceptionDispatchInfo.Throw(_error!);
    }
}
