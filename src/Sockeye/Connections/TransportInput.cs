using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// The reading end of a connection. It adds two promises to a pipe's reader: what arrived before a break is handed out before
/// the error, and retiring it while somebody reads does not take the memory from under that reader.
/// </summary>
internal sealed class TransportInput(PipeReader inner, DuplexConnection? connection = null) : PipeReader
{
    private const int Idle = 0;
    private const int Reading = 1;
    private const int DetachedWhileReading = 2;
    private const int Detached = 3;

    private int _state;
    private Exception? _error;
    private SequencePosition _seenEnd;
    private bool _isAllExamined;
    private int _isReadPending;

    /// <summary>Whether a read waits for what the peer sends.</summary>
    public bool IsReadPending => Volatile.Read(ref _isReadPending) == 1;

    /// <summary>
    /// Sets what readers see after the last byte. Called before the writing side completes; the first error stays.
    /// </summary>
    public void SetFinalError(Exception error) => Interlocked.CompareExchange(ref _error, error, null);

    /// <summary>
    /// Ends reading on behalf of the connection's owner. A read under way ends as cancelled; its memory stays valid.
    /// </summary>
    public void Detach()
    {
        // A reader that comes or goes between the look and the exchange: look again.
        for (var state = Volatile.Read(ref _state); state is Idle or Reading; state = Volatile.Read(ref _state))
        {
            var retired = state is Idle ? Detached : DetachedWhileReading;
            if (Interlocked.CompareExchange(ref _state, retired, state) != state)
                continue;
            if (retired is Detached)
                inner.Complete();
            else
                inner.CancelPendingRead();
            return;
        }
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        BeginRead();
        ValueTask<ReadResult> read;
        try
        {
            read = inner.ReadAsync(cancellationToken);
        }
        catch (Exception e) when (e is not InvalidOperationException)
        {
            EndRead(); // An invalid call is a second one at a time: the first still reads.
            throw;
        }

        return read.IsCompletedSuccessfully ? new(Filter(read.Result)) : AwaitAsync(read);
    }

    public override bool TryRead(out ReadResult result)
    {
        BeginRead();
        if (!inner.TryRead(out result))
        {
            EndRead();
            return false;
        }

        result = Filter(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        // Where nothing is kept, all that follows is new; its end may look the same, since a pipe uses its segments again.
        _isAllExamined = examined.Equals(_seenEnd) && !consumed.Equals(_seenEnd);
        inner.AdvanceTo(consumed, examined);
        EndRead();
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        // The handler itself says that it will not touch the memory again, whether or not it advanced.
        if (Interlocked.Exchange(ref _state, Detached) != Detached)
            inner.Complete();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> AwaitAsync(ValueTask<ReadResult> read)
    {
        ReadResult result;
        Interlocked.Exchange(ref _isReadPending, 1); // A full fence, as DuplexConnection.MayEndOutput says.
        try
        {
            connection?.OnReadPending();
            result = await read;
        }
        catch
        {
            EndRead();
            throw;
        }
        finally
        {
            Volatile.Write(ref _isReadPending, 0);
        }

        return Filter(result);
    }

    private ReadResult Filter(in ReadResult result)
    {
        if (_error is null || !result.IsCompleted)
        {
            _seenEnd = result.Buffer.End;
            return result;
        }

        var nothingNew = result.Buffer.IsEmpty || (_isAllExamined && result.Buffer.End.Equals(_seenEnd));
        if (nothingNew)
            ThrowError(result);

        // More is left than the reader has seen: the error can wait, since it will be met by the next read.
        _seenEnd = result.Buffer.End;
        return new(result.Buffer, result.IsCanceled, isCompleted: false);
    }

    [DoesNotReturn]
    private void ThrowError(in ReadResult result)
    {
        inner.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        EndRead();
        ExceptionDispatchInfo.Throw(_error!);
    }

    private void BeginRead()
    {
        var state = Interlocked.CompareExchange(ref _state, Reading, Idle);
        if (state is DetachedWhileReading)
            EndRead(); // A read that ended as cancelled needs no AdvanceTo: asking again says that its memory is done with.
        if (state is Detached or DetachedWhileReading)
            throw new ConnectionAbortedException(
                "The connection was closed by this process: nothing can be read from it any more.");
    }

    private void EndRead()
    {
        // Only the reader leaves Reading; if the owner retired it meanwhile, completing is left to the reader, here.
        if (Interlocked.CompareExchange(ref _state, Idle, Reading) == DetachedWhileReading
            && Interlocked.CompareExchange(ref _state, Detached, DetachedWhileReading) == DetachedWhileReading)
        {
            inner.Complete();
        }
    }
}
