using System.Diagnostics;

namespace Sockeye;

/// <summary>
/// Delays between attempts: each is drawn evenly from [<paramref name="min"/>, ceiling], where the ceiling starts at twice the
/// minimum and doubles with every delay up to <paramref name="max"/>.
/// </summary>
/// <remarks>
/// This is "full jitter" (AWS Architecture Blog, "Exponential Backoff And Jitter"), which spreads many clients best, above a
/// minimum that keeps each delay away from zero. For one caller at a time; the <see cref="Random"/> may be shared.
/// </remarks>
internal sealed class Backoff(TimeSpan min, TimeSpan max, Random random)
{
    // All instances share the lock: a Random may be shared, and a seeded one is not thread-safe. The Random itself is not locked,
    // because users have it and could lock it.
    private static readonly Lock Drawing = new();

    private long _ceiling = min.Ticks;

    /// <summary>Returns the delay before the next attempt.</summary>
    public TimeSpan Next()
    {
        Debug.Assert(min > TimeSpan.Zero && max >= min, "The options were checked.");
        _ceiling = _ceiling > max.Ticks / 2 ? max.Ticks : _ceiling * 2;
        lock (Drawing)
            return TimeSpan.FromTicks(random.NextInt64(min.Ticks, _ceiling + 1));
    }

    /// <summary>Starts from the minimum again, after a success.</summary>
    public void Reset() => _ceiling = min.Ticks;
}
