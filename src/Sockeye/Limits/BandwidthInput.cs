using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A reader that shows what has arrived only when its turn has come. The rest stays in the pipe below, which fills, so
/// that the peer is slowed down.</summary>
internal sealed class BandwidthInput(PipeReader inner, BandwidthQueue queue, ConnectionContext connection) : PipeReader
{
    private readonly Lock _lock = new();
    private ReadOnlySequence<byte> _shown;
    private BandwidthTurn? _turn;
    private long _paid; // how many bytes at the front have had their turn
    private bool _sawAll = true;
    private bool _cancelled;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await inner.ReadAsync(cancellationToken);
        var fresh = result.Buffer.Length - _paid;
        if (IsDue(result, fresh))
            return Show(result, result.IsCanceled);
        if (queue.TryTake(fresh, out var granted))
            return Show(result, false, granted);

        granted = await WaitAsync(fresh, cancellationToken);
        if (granted == 0 && connection.ConnectionClosed.IsCancellationRequested)
            granted = fresh; // It is over: what arrived before takes nothing from anybody.
        if (granted == 0 && cancellationToken.IsCancellationRequested)
        {
            HandBack(result);
            cancellationToken.ThrowIfCancellationRequested();
        }

        return Show(result, isCancelled: granted == 0, granted);
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out var found))
        {
            result = default;
            return false;
        }

        var fresh = found.Buffer.Length - _paid;
        if (IsDue(found, fresh))
        {
            result = Show(found, found.IsCanceled);
            return true;
        }

        if (queue.TryTake(fresh, out var granted))
        {
            result = Show(found, false, granted);
            return true;
        }

        HandBack(found);
        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _paid = _shown.Slice(consumed).Length;
        _sawAll = _shown.Slice(examined).IsEmpty;
        _shown = default;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead()
    {
        BandwidthTurn? turn;
        lock (_lock)
        {
            _cancelled = true;
            turn = _turn;
        }

        if (turn is null)
            inner.CancelPendingRead();
        else
            queue.GiveUp(turn);
    }

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <summary>Whether there is an answer without a turn: nothing new, or something that was paid for and not looked
    /// at.</summary>
    private bool IsDue(in ReadResult result, long fresh) => fresh == 0 || result.IsCanceled || (_paid > 0 && !_sawAll);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<long> WaitAsync(long fresh, CancellationToken cancellationToken)
    {
        BandwidthTurn turn;
        lock (_lock)
        {
            if (_cancelled)
                return 0; // Between the read below and now.
            _turn = turn = queue.Wait(fresh, Scheduling.Of(connection));
        }

        using var ending = connection.ConnectionClosed.UnsafeRegister(GiveUp, turn);
        using var giving = cancellationToken.UnsafeRegister(GiveUp, turn);
        var granted = await turn.ComeAsync();
        lock (_lock)
            _turn = null;
        return granted;
    }

    private void GiveUp(object? turn) => queue.GiveUp((BandwidthTurn)turn!);

    private ReadResult Show(in ReadResult result, bool isCancelled, long granted = 0)
    {
        _paid += granted;
        var isAll = _paid == result.Buffer.Length;
        _shown = isAll ? result.Buffer : result.Buffer.Slice(0, _paid);
        if (isCancelled)
        {
            lock (_lock)
                _cancelled = false;
        }

        return new(_shown, isCancelled, result.IsCompleted && isAll);
    }

    /// <summary>As if nothing had been read: what is new stays unexamined.</summary>
    private void HandBack(in ReadResult result) =>
        inner.AdvanceTo(result.Buffer.Start, result.Buffer.GetPosition(_paid));
}
