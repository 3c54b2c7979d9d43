using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <summary>A place in the line of a <see cref="BandwidthQueue"/>.</summary>
/// <remarks>
/// As with a pipe, who waits goes on where its connection does: a <see cref="Task"/> would send a reader without a context of its
/// own (TLS) to the thread pool.
/// </remarks>
internal sealed class BandwidthWaiter : IValueTaskSource<long>
{
    private readonly PipeScheduler _scheduler;
    private ManualResetValueTaskSourceCore<long> _completion;

    public BandwidthWaiter(long wanted, PipeScheduler scheduler) => (Wanted, _scheduler, Node) = (wanted, scheduler, new(this));

    public long Wanted { get; }

    public long Granted { get; set; }

    public LinkedListNode<BandwidthWaiter> Node { get; }

    /// <summary>Whose turn has come at the same time.</summary>
    public BandwidthWaiter? Next { get; set; }

    /// <summary>Outside of all locks.</summary>
    public static void Complete(BandwidthWaiter? turn)
    {
        for (; turn is not null; turn = turn.Next)
            turn._scheduler.Schedule(static turn => ((BandwidthWaiter)turn!).Complete(), turn);
    }

    /// <summary>How many bytes it got; 0 when it was given up. Awaited once.</summary>
    public ValueTask<long> WaitAsync() => new(this, _completion.Version);

    long IValueTaskSource<long>.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<long>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<long>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    private void Complete() => _completion.SetResult(Granted);
}
