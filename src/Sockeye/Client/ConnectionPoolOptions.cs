namespace Sockeye;

/// <summary>The limits of a <see cref="ConnectionPool"/>, which copies them when it is created.</summary>
public sealed class ConnectionPoolOptions
{
    private static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(1);

    /// <summary>
    /// Gets or sets the maximum number of connections that are open, being opened or being closed at a time. Default: 16. Range:
    /// 1 and up.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaxConnections { get; set => field = OptionChecks.AtLeast(value, 1); } = 16;

    /// <summary>
    /// Gets or sets the maximum number of callers that wait for a connection. Default: 1024. Range: 0 and up. Further callers get
    /// <see cref="ConnectionPoolFullException"/> at once.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaxWaiters { get; set => field = OptionChecks.AtLeast(value, 0); } = 1024;

    /// <summary>
    /// Gets or sets the time that a caller waits for a free connection. Default: 10 s. Range: 1 ms to 1 day, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. The time to connect is not included.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan WaitTimeout
    {
        get;
        set => field = OptionChecks.InRangeOrInfinite(value, MinTimeout, MaxTimeout);
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets the time that an unused connection stays open. Default: 1 minute. Range: 1 ms to 1 day, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. Choose less than the idle timeout of the server and of firewalls in between.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan IdleTimeout
    {
        get;
        set => field = OptionChecks.InRangeOrInfinite(value, MinTimeout, MaxTimeout);
    } = TimeSpan.FromMinutes(1);
}
