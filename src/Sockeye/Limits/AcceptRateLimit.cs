using System.Diagnostics;

namespace Sockeye;

/// <summary>
/// A limit on the rate of new connections, shared by all endpoints that use it: <c>listen.UseAcceptRateLimit</c>.
/// </summary>
/// <remarks>
/// Over any time t, at most burst + rate × t connections are accepted. The limit uses the clock of the first server that uses it.
/// It is safe for concurrent callers.
/// </remarks>
public sealed class AcceptRateLimit
{
    internal const double MaxRate = 1_000_000;

    private readonly Lock _lock = new();
    private TokenBucket? _bucket;

    /// <summary>Creates a limit with a rate and a burst.</summary>
    /// <param name="connectionsPerSecond">The number of connections a second. Range: above 0, up to a million; 0.5 means one
    /// every two seconds.</param>
    /// <param name="burst">The number of connections accepted at once after a quiet time. Default: one second's worth, at least
    /// 1. Range: at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public AcceptRateLimit(double connectionsPerSecond, int? burst = null)
    {
        ConnectionsPerSecond = OptionChecks.AboveZero(connectionsPerSecond, MaxRate, nameof(connectionsPerSecond));
        Burst = OptionChecks.AtLeast(burst, 1, nameof(burst)) ?? GetDefaultBurst(connectionsPerSecond);
    }

    /// <summary>Gets the number of new connections a second.</summary>
    public double ConnectionsPerSecond { get; }

    /// <summary>Gets the number of connections accepted at once after a quiet time.</summary>
    public int Burst { get; }

    internal static int GetDefaultBurst(double perSecond) => Math.Max(1, (int)Math.Ceiling(perSecond));

    internal bool TryTake(TimeProvider time)
    {
        lock (_lock)
            return GetBucketLocked(time).TryTake(1);
    }

    /// <summary>Takes a token, even if there is none, and returns how long until it is due.</summary>
    internal TimeSpan Take(TimeProvider time)
    {
        lock (_lock)
        {
            var bucket = GetBucketLocked(time);
            bucket.Take(1);
            return bucket.GetDelay(0);
        }
    }

    /// <summary>Returns how long the next connection has to wait, without taking a token.</summary>
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

    private TokenBucket GetBucketLocked(TimeProvider time)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        return _bucket ??= new(ConnectionsPerSecond, Burst, time);
    }
}
