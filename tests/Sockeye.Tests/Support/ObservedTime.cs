using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace Sockeye.Tests.Support;

/// <summary>A clock that stands still until the test advances it, and that records which timers were set.</summary>
internal sealed class ObservedTime : FakeTimeProvider
{
    private readonly DateTimeOffset _start;
    private int _active;

    public ObservedTime() => _start = GetUtcNow();

    /// <summary>What the timers were set to, in order.</summary>
    public ConcurrentQueue<TimeSpan> Timers { get; } = new();

    /// <summary>How many timers were set and not disposed.</summary>
    public int ActiveTimers => Volatile.Read(ref _active);

    public TimeSpan Elapsed => GetUtcNow() - _start;

    public void Advance(int milliseconds) => Advance(TimeSpan.FromMilliseconds(milliseconds));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timers.Enqueue(dueTime);
        Interlocked.Increment(ref _active);
        return new Observed(this, base.CreateTimer(callback, state, dueTime, period));
    }

    private sealed class Observed(ObservedTime time, ITimer timer) : ITimer
    {
        private int _disposed;

        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose()
        {
            timer.Dispose();
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
                Interlocked.Decrement(ref time._active);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
