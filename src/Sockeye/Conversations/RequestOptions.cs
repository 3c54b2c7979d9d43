namespace Sockeye;

/// <summary>The limits of the requests of one connection. They are copied when they are taken.</summary>
public sealed class RequestOptions
{
    private static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(1);

    /// <summary>
    /// Gets or sets the maximum number of requests that were sent and have no response yet. Default: 256. Range: 1 to 1,000,000.
    /// Further requests wait, and are sent in the order of the calls. 1 means: one request at a time, for a peer that does not
    /// accept the next request before its response to the last one.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxInFlight { get; set => field = OptionChecks.InRange(value, 1, 1_000_000); } = 256;

    /// <summary>
    /// Gets or sets the maximum number of requests that wait because <see cref="MaxInFlight"/> is reached. Default: 1024. Range:
    /// 0 to 1,000,000. The next one fails at once with <see cref="RequestError.TooManyWaiters"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxWaiters { get; set => field = OptionChecks.InRange(value, 0, 1_000_000); } = 1024;

    /// <summary>
    /// Gets or sets the time from the call to the response, which includes waiting. Default: 30 s. Range: 1 ms to 1 day, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. A request fails up to 100 ms later. For a stream of responses, it is the time to
    /// each response.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan RequestTimeout
    {
        get;
        set => field = OptionChecks.InRangeOrInfinite(value, MinTimeout, MaxTimeout);
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets or sets the maximum number of pushes that wait for <c>ReadPushesAsync</c>. Default: 1024. Range: 1 to 1,000,000. One
    /// more ends the connection: a push that is dropped silently would be worse.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxQueuedPushes { get; set => field = OptionChecks.InRange(value, 1, 1_000_000); } = 1024;

    /// <summary>
    /// Gets or sets the maximum number of responses in a stream that wait for their reader. Default: 64. Range: 1 to 1,000,000.
    /// When it is reached, reading from the connection pauses, which delays the responses to other requests too.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxQueuedResponses { get; set => field = OptionChecks.InRange(value, 1, 1_000_000); } = 64;

    /// <summary>
    /// Gets or sets the clock of the timeouts. Default: null, the clock of the connection (in a simulation, its virtual time).
    /// </summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>
    /// Gets or sets whether callers continue on the thread that reads the responses, instead of on the scheduler of the
    /// connection. Default: false. It saves a switch of threads for each response, and lets the requests of all callers that
    /// continue be sent together. Danger: a caller that blocks after its <c>await</c> blocks all responses of the connection, and
    /// one that waits there for another response never continues.
    /// </summary>
    public bool UnsafeContinueInline { get; set; }

    /// <summary>Returns a copy that later changes do not affect.</summary>
    internal RequestOptions TakeCopy() => OptionCopier.ShallowCopy(this);
}
