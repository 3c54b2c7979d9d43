namespace Sockeye;

/// <summary>The limits of a <see cref="ConnectionPool"/>. Read once, when the pool is made: later changes are not seen.</summary>
public sealed class ConnectionPoolOptions
{
    /// <summary>How many connections may be open, being opened or being closed at a time. Default 16; at least 1.</summary>
    public int MaxConnections { get; set; } = 16;

    /// <summary>
    /// How many callers may wait for a connection; the next one gets <see cref="ConnectionPoolFullException"/> at once. Default
    /// 1024; 0 means that nobody waits.
    /// </summary>
    public int MaxWaiters { get; set; } = 1024;

    /// <summary>
    /// How long a caller waits for a connection to come free. Default 10 s, above zero, at most one day, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. The time that a connect takes afterwards is not in it.
    /// </summary>
    public TimeSpan WaitTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a connection stays open unused. Default 1 minute, above zero, at most one day, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. Keep it below the idle timeout of the server and of firewalls between.
    /// </summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(1);

    internal ConnectionPoolOptions Checked()
    {
        if (MaxConnections < 1)
            throw new ArgumentException($"MaxConnections must be at least 1, but is {MaxConnections}.");
        if (MaxWaiters < 0)
            throw new ArgumentException($"MaxWaiters must not be negative, but is {MaxWaiters}.");
        CheckTimeout(nameof(WaitTimeout), WaitTimeout);
        CheckTimeout(nameof(IdleTimeout), IdleTimeout);
        return (ConnectionPoolOptions)MemberwiseClone();
    }

    private static void CheckTimeout(string option, TimeSpan value)
    {
        if (value != Timeout.InfiniteTimeSpan && (value <= TimeSpan.Zero || value > TimeSpan.FromDays(1)))
        {
            throw new ArgumentException(
                $"{option} must be above zero and at most one day, or Timeout.InfiniteTimeSpan, but is {value}.");
        }
    }
}
