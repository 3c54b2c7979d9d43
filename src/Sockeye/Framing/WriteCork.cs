using System.Diagnostics;
using System.IO.Pipelines;

namespace Sockeye;

/// <summary>Decides whether a message that a handler has written may wait for the next one, so that both are sent
/// together.</summary>
/// <remarks>
/// A burst is the part of a handler that runs on one thread, from a wait for a message or for the peer until it waits again. A
/// write waits only within a burst, and only while received bytes are left to decode. It is sent when the reader has no further
/// message, when the burst ends, when it has waited for <see cref="MaxDelay"/> and another one follows, or when the batch is
/// large. A handler that computes or blocks for longer between two messages delays a message once, until a timer sends it; then
/// each write is sent at once for a while.
/// <para>The writer calls <see cref="TryCork"/> and <see cref="OnFlush"/> under its lock; the other members belong to the
/// reader.</para>
/// </remarks>
internal sealed class WriteCork(ICorkedOutput output, TimeProvider time) : CoarseTimerEntry
{
    /// <summary>The age of the oldest waiting message at which the next write sends all of them.</summary>
    private static readonly TimeSpan MaxDelay = TimeSpan.FromMicroseconds(100);

    /// <summary>The wait from which a handler counts as slow between two messages.</summary>
    private static readonly TimeSpan SlowBurst = TimeSpan.FromMilliseconds(1);

    /// <summary>The number of writes of a slow handler that are sent at once.</summary>
    private const int SlowWrites = 1000;

    private Action? _resume;
    private Action? _continuation;
    private long _corkedAt;
    private int _burstThread;
    private int _directWrites;
    private int _isTimerSet;
    private volatile bool _isCorked;
    private volatile bool _isEnded;

    /// <summary>Whether received bytes are left that may be another message.</summary>
    public bool HasMore { get; set; }

    /// <summary>Whether a written message waits.</summary>
    public bool IsCorked => _isCorked;

    /// <summary>Ends the batching for good, and sends what waits.</summary>
    public void End()
    {
        _isEnded = true;
        Flush();
    }

    /// <summary>Returns whether the message that was written last may wait.</summary>
    public bool TryCork()
    {
        if (_burstThread != Environment.CurrentManagedThreadId || !HasMore || _isEnded)
            return false;
        if (_directWrites > 0)
        {
            _directWrites--;
            return false;
        }

        if (_isCorked)
            return time.GetElapsedTime(_corkedAt) < MaxDelay;
        _corkedAt = time.GetTimestamp();
        _isCorked = true;
        // A full fence: either the timer that comes due sees the message, or this sets it again.
        if (Interlocked.Exchange(ref _isTimerSet, 1) == 0)
            SharedTimers.Get(time).Set(this, CoarseTimer.Tick);
        return true;
    }

    /// <summary>Sends what waits although the handler neither writes nor waits: its thread is blocked or busy.</summary>
    internal protected override void OnDue()
    {
        Interlocked.Exchange(ref _isTimerSet, 0);
        Flush();
    }

    /// <summary>Called before all written messages are sent.</summary>
    public void OnFlush()
    {
        if (!_isCorked)
            return;
        _isCorked = false;
        if (time.GetElapsedTime(_corkedAt) >= SlowBurst)
            _directWrites = SlowWrites;
    }

    /// <summary>Sends what waits.</summary>
    public void Flush()
    {
        if (_isCorked)
            output.FlushCorked();
    }

    /// <summary>Runs the first burst of a handler, from its call until it waits.</summary>
    public Task RunBurst<TState>(TState state, Func<TState, Task> handler)
    {
        var (thread, outer) = EnterBurst();
        try
        {
            return handler(state);
        }
        finally
        {
            ExitBurst(thread, outer);
        }
    }

    /// <summary>Continues in a new burst when the read is complete. One read waits at a time.</summary>
    public void ContinueAfter(in ValueTask<ReadResult> read, Action continuation)
    {
        Debug.Assert(_continuation is null, "One read waits at a time.");
        Flush();
        _continuation = continuation;
        read.GetAwaiter().UnsafeOnCompleted(_resume ??= Resume);
    }

    /// <summary>Returns a continuation of a write that has waited, which runs in a burst unless another burst runs.</summary>
    public Action ContinueWrite(Action continuation) => () =>
    {
        var thread = Environment.CurrentManagedThreadId;
        var isFree = Interlocked.CompareExchange(ref _burstThread, thread, 0) == 0;
        try
        {
            continuation();
        }
        finally
        {
            if (isFree)
                ExitBurst(thread, outer: 0);
        }
    };

    private void Resume()
    {
        var continuation = _continuation!;
        _continuation = null;
        var (thread, outer) = EnterBurst();
        try
        {
            continuation();
        }
        finally
        {
            ExitBurst(thread, outer);
        }
    }

    private (int Thread, int Outer) EnterBurst()
    {
        var thread = Environment.CurrentManagedThreadId;
        return (thread, Interlocked.Exchange(ref _burstThread, thread));
    }

    /// <summary>Ends a burst, unless another thread has begun the next one meanwhile.</summary>
    private void ExitBurst(int thread, int outer)
    {
        // A burst within a burst of the same thread returns to it.
        // Before the next one began, the reader has sent what waited in this one.
        if (Interlocked.CompareExchange(ref _burstThread, outer == thread ? outer : 0, thread) == thread)
            Flush();
    }
}

/// <summary>An output whose written messages may wait to be sent together.</summary>
internal interface ICorkedOutput
{
    /// <summary>Sends the messages that wait. Never throws and never waits.</summary>
    void FlushCorked();
}
