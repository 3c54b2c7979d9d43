using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A reader that returns bytes only when the limit grants them. The rest stays in the pipe below, which fills and so
/// slows down the peer.</summary>
internal sealed class BandwidthInput(PipeReader inner, BandwidthQueue queue, ConnectionContext connection) : PipeReader
{
    private readonly Lock _lock = new();
    private ReadOnlySequence<byte> _visible;
    private BandwidthWaiter? _waiter;
    private long _granted; // the number of granted bytes at the front
    private bool _hasExaminedAll = true;
    private bool _isCancelled;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await inner.ReadAsync(cancellationToken);
        var fresh = CountFresh(result);
        if (NeedsNoGrant(result, fresh))
            return CreateResult(result, result.IsCanceled);
        if (queue.TryTake(fresh, out var granted))
            return CreateResult(result, false, granted);

        granted = await WaitAsync(fresh, cancellationToken);
        if (granted == 0 && connection.ConnectionClosed.IsCancellationRequested)
            granted = fresh; // The connection has ended: bytes that arrived before cost no bandwidth.
        if (granted == 0 && cancellationToken.IsCancellationRequested)
        {
            ReturnUnexamined(result);
            cancellationToken.ThrowIfCancellationRequested();
        }

        return CreateResult(result, isCancelled: granted == 0, granted);
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out var found))
        {
            result = default;
            return false;
        }

        var fresh = CountFresh(found);
        if (NeedsNoGrant(found, fresh))
        {
            result = CreateResult(found, found.IsCanceled);
            return true;
        }

        if (queue.TryTake(fresh, out var granted))
        {
            result = CreateResult(found, false, granted);
            return true;
        }

        ReturnUnexamined(found);
        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _granted = _visible.Slice(consumed).Length;
        _hasExaminedAll = _visible.Slice(examined).IsEmpty;
        _visible = default;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead()
    {
        BandwidthWaiter? waiter;
        lock (_lock)
        {
            _isCancelled = true;
            waiter = _waiter;
        }

        if (waiter is null)
            inner.CancelPendingRead();
        else
            queue.Cancel(waiter);
    }

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <summary>Returns the number of bytes that are not granted yet.</summary>
    private long CountFresh(in ReadResult result)
    {
        Debug.Assert(
            _granted >= 0 && _granted <= result.Buffer.Length, "Granted bytes stay in the pipe below until they are consumed.");
        return result.Buffer.Length - _granted;
    }

    /// <summary>Whether a read can return without a grant: there is nothing new, or there are granted, unexamined
    /// bytes.</summary>
    private bool NeedsNoGrant(in ReadResult result, long fresh) =>
        fresh == 0 || result.IsCanceled || (_granted > 0 && !_hasExaminedAll);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<long> WaitAsync(long fresh, CancellationToken cancellationToken)
    {
        BandwidthWaiter waiter;
        lock (_lock)
        {
            if (_isCancelled)
                return 0; // The connection ended after the read below.
            Debug.Assert(_waiter is null, "One read at a time waits.");
            _waiter = waiter = queue.Enqueue(fresh, Scheduling.GetScheduler(connection));
        }

        using var ending = connection.ConnectionClosed.UnsafeRegister(CancelWait, waiter);
        using var giving = cancellationToken.UnsafeRegister(CancelWait, waiter);
        var granted = await waiter.WaitAsync();
        lock (_lock)
            _waiter = null;
        return granted;
    }

    private void CancelWait(object? waiter) => queue.Cancel((BandwidthWaiter)waiter!);

    private ReadResult CreateResult(in ReadResult result, bool isCancelled, long granted = 0)
    {
        Debug.Assert(granted >= 0 && _granted + granted <= result.Buffer.Length, "No more is granted than has arrived.");
        _granted += granted;
        var isAll = _granted == result.Buffer.Length;
        _visible = isAll ? result.Buffer : result.Buffer.Slice(0, _granted);
        if (isCancelled)
        {
            lock (_lock)
                _isCancelled = false;
        }

        return new(_visible, isCancelled, result.IsCompleted && isAll);
    }

    /// <summary>Undoes a read: new bytes stay unexamined.</summary>
    private void ReturnUnexamined(in ReadResult result) =>
        inner.AdvanceTo(result.Buffer.Start, result.Buffer.GetPosition(_granted));
}
