namespace Sockeye;

/// <summary>Options of a handler that returns a response for each request. They are copied when they are taken.</summary>
public sealed class RespondOptions
{
    /// <summary>
    /// Gets or sets the maximum number of requests of one connection that are processed at the same time. Default: 1, one after
    /// another. Range: 1 to 100,000. When it is reached, reading from the connection pauses. The handler runs on the thread that
    /// reads until its first <c>await</c> that waits.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxConcurrentRequests { get; set => field = OptionChecks.InRange(value, 1, 100_000); } = 1;

    /// <summary>
    /// Gets or sets whether responses are sent in the order of the requests. Default: true, as protocols without ids need. False
    /// sends each when it is ready, for protocols whose responses carry the id of the request.
    /// </summary>
    public bool KeepsOrder { get; set; } = true;

    /// <summary>Returns a copy that later changes do not affect.</summary>
    internal RespondOptions TakeCopy() => OptionCopier.ShallowCopy(this);
}
