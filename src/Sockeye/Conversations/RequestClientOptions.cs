namespace Sockeye;

/// <summary>Options of a <see cref="RequestClient{TRequest, TResponse}"/>, which copies them when it is created.</summary>
public sealed class RequestClientOptions
{
    /// <summary>Gets the limits of the requests of each connection. <see cref="RequestOptions.RequestTimeout"/> covers all
    /// attempts of a request.</summary>
    public RequestOptions Requests { get; private set; } = new();

    /// <summary>
    /// Gets or sets the maximum number of requests that wait for a connection while there is none. Default: 1024. Range: 0 to
    /// 1,000,000. With 0, a request without a connection fails at once, with <see cref="RequestError.NotConnected"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxQueuedRequests { get; set => field = OptionChecks.InRange(value, 0, 1_000_000); } = 1024;

    /// <summary>
    /// Gets or sets the maximum number of times that a request is sent, if it is safe to repeat. Default: 3. Range: 1 to 1000.
    /// Requests that were certainly not sent do not count.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxSends { get; set => field = OptionChecks.InRange(value, 1, 1000); } = 3;

    /// <summary>
    /// Gets or sets the number of connections that are kept open. Default: 1. Range: 1 to 1000. A request takes the connection
    /// with the fewest requests in flight, so with more than one, requests of one caller that do not wait for each other may
    /// overtake each other.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxConnections { get; set => field = OptionChecks.InRange(value, 1, 1000); } = 1;

    /// <summary>
    /// Gets or sets the handler of changes of the state. Default: null. It is called for one change at a time, and must be fast.
    /// An exception of it is logged, and has no other effect.
    /// </summary>
    public Action<ReconnectState>? OnStateChanged { get; set; }

    /// <summary>Returns a copy that later changes do not affect.</summary>
    internal RequestClientOptions TakeCopy()
    {
        var copy = OptionCopier.ShallowCopy(this);
        copy.Requests = Requests.TakeCopy();
        return copy;
    }
}
