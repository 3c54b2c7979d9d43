using Microsoft.Extensions.Time.Testing;

namespace Sockeye.Tests.Support;

/// <summary>Time that stands still until the test moves it, and that counts how often a timer came.</summary>
internal sealed class CountedTime : FakeTimeProvider
{
    public int WakeUps { get; private set; }

    /// <summary>What the last timer threw: a clock of the system does not stop for it, this one would.</summary>
    public Exception? Thrown { get; private set; }

    /// <summary>Moves on by one step after the other: timers come when they are due, not all at the end.</summary>
    public void Pass(TimeSpan time, TimeSpan step)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += step)
            Advance(step < time - passed ? step : time - passed);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(
            state =>
            {
                WakeUps++;
                try
                {
                    callback(state);
                }
                catch (Exception e)
                {
                    Thrown = e;
                }
            }, state, dueTime, period);
}
