using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <summary>A waiter in a <see cref="BandwidthQueue"/>.</summary>
/// <remarks>
/// As with a pipe, the waiter continues where its connection does. A <see cref="Task"/> would move a reader without a
/// synchronization context (TLS) to the thread pool.
/// </remarks>
internal sealed class BandwidthWaiter : IValueTaskSource<long>
{
    private readonly PipeScheduler _scheduler;
    private ManualResetValueTaskSourceCore<long> _completion;

    public BandwidthWaiter(long wanted, PipeScheduler scheduler) => (Wanted, _scheduler, Node) = (wanted, scheduler, new(this));

    public long Wanted { get; }

    public long Granted { get; set; }

    public LinkedListNode<BandwidthWaiter> Node { get; }

    /// <summary>The next waiter that is granted at the same time.</summary>
    public BandwidthWaiter? Next { get; set; }

    /// <summary>Completes the waiter. Call it outside of all locks.</summary>
    public static void Complete(BandwidthWaiter? waiter)
    {
        for (; waiter is not null; waiter = waiter.Next)
            waiter._scheduler.Schedule(static waiter => ((BandwidthWaiter)waiter!).Complete(), waiter);
    }

    /// <summary>The number of bytes granted; 0 after a cancellation. Await it once.</summary>
    public ValueTask<long> WaitAsync() => new(this, _completion.Version);

    long IValueTaskSource<long>.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<long>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<long>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    private void Complete() => _completion.SetResult(Granted);
}
