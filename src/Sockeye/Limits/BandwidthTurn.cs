using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <summary>A place in the line of a <see cref="BandwidthQueue"/>.</summary>
/// <remarks>
/// As with a pipe, who waits goes on where its connection does: a <see cref="Task"/> would send a reader without a context of its
/// own (TLS) to the thread pool.
/// </remarks>
internal sealed class BandwidthTurn : IValueTaskSource<long>
{
    private readonly PipeScheduler _scheduler;
    private ManualResetValueTaskSourceCore<long> _come;

    public BandwidthTurn(long wanted, PipeScheduler scheduler) => (Wanted, _scheduler, Place) = (wanted, scheduler, new(this));

    public long Wanted { get; }

    public long Granted { get; set; }

    public LinkedListNode<BandwidthTurn> Place { get; }

    /// <summary>Whose turn has come at the same time.</summary>
    public BandwidthTurn? Next { get; set; }

    /// <summary>Outside of all locks.</summary>
    public static void GoOn(BandwidthTurn? turn)
    {
        for (; turn is not null; turn = turn.Next)
            turn._scheduler.Schedule(static turn => ((BandwidthTurn)turn!).GoOn(), turn);
    }

    /// <summary>How many bytes it got; 0 when it was given up. Awaited once.</summary>
    public ValueTask<long> ComeAsync() => new(this, _come.Version);

    long IValueTaskSource<long>.GetResult(short token) => _come.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<long>.GetStatus(short token) => _come.GetStatus(token);

    void IValueTaskSource<long>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _come.OnCompleted(continuation, state, token, flags);

    private void GoOn() => _come.SetResult(Granted);
}
