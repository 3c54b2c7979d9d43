using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// The reading end of a connection. It adds two guarantees to the reader of a pipe: data that arrived before a break is returned
/// before the error, and detaching it during a read leaves the memory to that reader.
/// </summary>
internal sealed class TransportInput(PipeReader inner, DuplexConnection? connection = null) : PipeReader
{
    // States. Idle <-> Reading; Idle -> Detached; Reading -> DetachedWhileReading -> Detached.
    private const int Idle = 0;
    private const int Reading = 1;
    private const int DetachedWhileReading = 2;
    private const int Detached = 3;

    private int _state;
    private Exception? _error;
    private SequencePosition _seenEnd;
    private bool _isAllExamined;
    private int _isReadPending;

    /// <summary>Whether a read waits for the peer.</summary>
    public bool IsReadPending => Volatile.Read(ref _isReadPending) == 1;

    /// <summary>
    /// Sets the exception that readers get after the last byte. Called before the writing side completes; the first exception
    /// stays.
    /// </summary>
    public void SetFinalError(Exception error) => Interlocked.CompareExchange(ref _error, error, null);

    /// <summary>Ends reading on behalf of the connection's owner. A pending read is cancelled; its memory stays valid.</summary>
    public void Detach()
    {
        // If a read starts or ends between the check and the exchange, check again.
        for (var state = Volatile.Read(ref _state); state is Idle or Reading; state = Volatile.Read(ref _state))
        {
            var detached = state is Idle ? Detached : DetachedWhileReading;
            if (Interlocked.CompareExchange(ref _state, detached, state) != state)
                continue;
            if (detached is Detached)
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
            EndRead(); // If the call is invalid, it is a second concurrent one, and the first is still reading.
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
        // If everything was consumed, all later data is new. Its end may compare equal, because a pipe reuses its segments.
        _isAllExamined = examined.Equals(_seenEnd) && !consumed.Equals(_seenEnd);
        inner.AdvanceTo(consumed, examined);
        EndRead();
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        // By completing it, the handler promises not to use the memory again, whether it advanced or not.
        if (Interlocked.Exchange(ref _state, Detached) != Detached)
            inner.Complete();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> AwaitAsync(ValueTask<ReadResult> read)
    {
        ReadResult result;
        Interlocked.Exchange(ref _isReadPending, 1); // A full fence, as DuplexConnection.CanSendFin needs.
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

    /// <summary>
    /// Converts a result of the pipe to the result for the reader, which is completed only if no error follows.
    /// </summary>
    private ReadResult Filter(in ReadResult result)
    {
        Debug.Assert(Volatile.Read(ref _state) is not Idle, "A read is in progress.");
        if (_error is null || !result.IsCompleted)
        {
            _seenEnd = result.Buffer.End;
            return result;
        }

        var isNothingNew = result.Buffer.IsEmpty || (_isAllExamined && result.Buffer.End.Equals(_seenEnd));
        if (isNothingNew)
            ThrowError(result);

        // The result has bytes that the reader has not seen, so the next read throws the error.
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
            EndRead(); // A cancelled read needs no AdvanceTo: the next call releases its memory.
        if (state is Detached or DetachedWhileReading)
            throw new ConnectionAbortedException("The connection was closed by this process: nothing more can be read from it.");
    }

    private void EndRead()
    {
        // Only the reader leaves Reading. If the owner detached it during the read, the reader completes it here.
        if (Interlocked.CompareExchange(ref _state, Idle, Reading) == DetachedWhileReading
            && Interlocked.CompareExchange(ref _state, Detached, DetachedWhileReading) == DetachedWhileReading)
        {
            inner.Complete();
        }
    }
}
