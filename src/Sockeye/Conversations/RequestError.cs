namespace Sockeye;

/// <summary>The reason why a request has no response.</summary>
public enum RequestError
{
    /// <summary>The timeout of the request has passed.</summary>
    TimedOut,

    /// <summary>The connection has ended, or accepts no more requests.</summary>
    ConnectionEnded,

    /// <summary>The maximum number of requests waits already (<see cref="RequestOptions.MaxWaiters"/>).</summary>
    TooManyWaiters,

    /// <summary>A client that connects again has no connection: it keeps no more requests, it gave up, or it was
    /// disposed.</summary>
    NotConnected,

    /// <summary>The codec, or the function that writes the id, could not write the request.</summary>
    InvalidRequest,
}
