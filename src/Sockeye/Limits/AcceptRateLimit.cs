namespace Sockeye;

/// <summary>
/// How many new connections a second are taken, for all endpoints that it is given to: <c>listen.UseAcceptRateLimit</c>.
/// </summary>
/// <remarks>
/// Over any time t at most burst + rate × t connections. It goes by the clock of the server that uses it first.
/// Safe from many threads.
/// </remarks>
public sealed class AcceptRateLimit
{
    private readonly Lock _lock = new();
    private TokenBucket? _bucket;

    /// <summary>A rate, and how many may come at once.</summary>
    /// <param name="connectionsPerSecond">Above 0, up to a million; 0.5 is one every two seconds.</param>
    /// <param name="burst">How many are taken at once after a quiet time; default: a second's worth, at least 1. Range: 1 and
    /// up.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is out of its range.</exception>
    public AcceptRateLimit(double connectionsPerSecond, int? burst = null)
    {
        ConnectionsPerSecond = Checked(connectionsPerSecond, nameof(connectionsPerSecond));
        ArgumentOutOfRangeException.ThrowIfLessThan(burst ?? 1, 1, nameof(burst));
        Burst = burst ?? DefaultBurst(connectionsPerSecond);
    }

    /// <summary>New connections a second.</summary>
    public double ConnectionsPerSecond { get; }

    /// <summary>How many are taken at once after a quiet time.</summary>
    public int Burst { get; }

    internal static double Checked(double perSecond, string name) => perSecond is > 0 and <= 1_000_000
        ? perSecond
        : throw new ArgumentOutOfRangeException(name, perSecond, $"{name} is above 0 and at most 1,000,000.");

    internal static int DefaultBurst(double perSecond) => Math.Max(1, (int)Math.Ceiling(perSecond));

    internal bool TryTake(TimeProvider time)
    {
        lock (_lock)
            return GetBucketLocked(time).TryTake(1);
    }

    /// <summary>Takes one that may not be there; how long until its time has come.</summary>
    internal TimeSpan Take(TimeProvider time)
    {
        lock (_lock)
        {
            var bucket = GetBucketLocked(time);
            bucket.Take(1);
            return bucket.GetDelay(0);
        }
    }

    /// <summary>How long the next one has to wait. It takes nothing.</summary>
    internal TimeSpan TimeUntilNext(TimeProvider time)
    {
        lock (_lock)
        {
            var bucket = GetBucketLocked(time);
            var wait = bucket.GetDelay(1);
            bucket.HasWaiters = wait > TimeSpan.Zero;
            return wait;
        }
    }

    private TokenBucket GetBucketLocked(TimeProvider time) => _bucket ??= new(ConnectionsPerSecond, Burst, time);
}
