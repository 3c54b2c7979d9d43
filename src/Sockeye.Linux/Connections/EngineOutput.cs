using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Sockeye.Linux;

/// <summary>The writing end of a connection: the engine sends out of the very memory that the handler wrote.</summary>
/// <remarks>
/// One writer at a time, as every pipe; the engine thread sends at the same time. What is flushed while a send is under way goes
/// with the next one. Waiting allocates nothing. Positions count bytes from the beginning of the stream.
/// </remarks>
internal sealed partial class EngineOutput(EngineConnection connection)
    : PipeWriter, IValueTaskSource<FlushResult>, IThreadPoolWorkItem
{
    private PipeWait _wait = new();
    private Segment? _tail;
    private long _written;
    private int _usual;
    private int _borrower;
    private bool _isShared;
    private bool _isWriting;
    private bool _cancelNext;
    private bool _isCompleted;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _written - _flushed;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        lock (_wait.Lock)
        {
            if (_isCompleted)
                throw new InvalidOperationException("Nothing can be written any more: this output was completed.");
            NoticeSecondWriter();
            if (_tail is null || _tail.Room < Math.Max(sizeHint, 1))
                Append(connection.Thread.Setup.Pool.Rent(SizeFor(sizeHint)));
            _isWriting = true; // The engine leaves this segment to the writer until the next flush.
            _borrower = Environment.CurrentManagedThreadId;
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
            _borrower = 0;
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        bool asks;
        ValueTask<FlushResult> result;
        lock (_wait.Lock)
        {
            if (_wait.IsPending)
                throw new InvalidOperationException("A flush is under way already: one task at a time may write.");
            if (cancellationToken.IsCancellationRequested)
                return ValueTask.FromCanceled<FlushResult>(cancellationToken);
            asks = Flush();
            result = _isGone || _cancelNext || _flushed - _sent <= connection.Options.MaxWriteBufferSize
                ? new(TakeResult())
                : new(this, _wait.Begin(
                    this, static (output, token) => ((EngineOutput)output!).CancelWait(token), cancellationToken));
        }

        if (asks)
            connection.Post(EngineRequests.Send);
        return result;
    }

    public override void CancelPendingFlush()
    {
        lock (_wait.Lock)
        {
            _cancelNext = true;
            if (!_wait.TryEnd())
                return;
        }

        connection.Continue(this);
    }

    public override void Complete(Exception? exception = null)
    {
        lock (_wait.Lock)
        {
            if (_isCompleted)
                return;
            _isCompleted = true;
            Flush();
            _asked = true;
        }

        if (exception is not null)
            connection.OnHandlerFailed(exception);
        connection.Post(EngineRequests.Send);
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        _wait.StopCancelling(token);
        lock (_wait.Lock)
        {
            _wait.Take(token);
            return TakeResult();
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

    private FlushResult TakeResult()
    {
        var isCancelled = _cancelNext;
        _cancelNext = false;
        return new(isCancelled, isCompleted: _isGone);
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

    /// <summary>As much as the last flush took; a writer that is ahead of the engine gets more, for fewer pieces to
    /// send.</summary>
    private int SizeFor(int sizeHint) => Math.Max(
        sizeHint, _written - _sent >= 2 * SegmentPool.SmallSize ? SegmentPool.LargeSize : _usual);
}
