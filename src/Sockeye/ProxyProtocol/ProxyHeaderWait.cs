using System.IO.Pipelines;

namespace Sockeye;

/// <summary>A wait for a header, which ends with the header, the timeout or the server's stop, whichever comes first.</summary>
internal sealed class ProxyHeaderWait : CoarseTimerEntry, IDisposable
{
    private const int Waiting = 0;
    private const int Finished = 1;
    private const int TimedOut = 2;
    private const int Stopped = 3;

    private readonly PipeReader _input;
    private readonly CoarseTimer _timer;
    private readonly CancellationTokenRegistration _stopping;
    private int _state;

    public ProxyHeaderWait(PipeReader input, CoarseTimer timer, TimeSpan timeout, CancellationToken stopRequested)
    {
        (_input, _timer) = (input, timer);
        timer.Set(this, timeout);
        // No handler runs before the header, so there is nothing to finish.
        _stopping = stopRequested.UnsafeRegister(static wait => ((ProxyHeaderWait)wait!).End(Stopped), this);
    }

    public bool IsTimedOut => Volatile.Read(ref _state) == TimedOut;

    public bool IsStopped => Volatile.Read(ref _state) == Stopped;

    /// <summary>Returns false if the timeout or the stop came first: its cancelled read is pending, and no other read may get
    /// it.</summary>
    public bool TryFinish() => Interlocked.CompareExchange(ref _state, Finished, Waiting) is Waiting or Finished;

    public void Dispose()
    {
        TryFinish();
        _timer.Cancel(this);
        _stopping.Unregister();
    }

    protected internal override void OnDue() => End(TimedOut);

    private void End(int state)
    {
        if (Interlocked.CompareExchange(ref _state, state, Waiting) == Waiting)
            _input.CancelPendingRead();
    }
}
