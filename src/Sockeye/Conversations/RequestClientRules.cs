namespace Sockeye;

/// <summary>The rules of a protocol, for a client that opens connections itself.</summary>
/// <inheritdoc/>
public sealed class RequestClientRules<TRequest, TResponse> : RequestRules<TRequest, TResponse>
{
    /// <summary>
    /// Gets or sets the preparation of each new connection, before other requests are sent on it: log in, subscribe again.
    /// Default: null. If it throws, the connection is closed, and the client connects again after a delay. It must finish within
    /// the <see cref="SockeyeClientOptions.ConnectTimeout"/> of the client, after which its token fires.
    /// </summary>
    public Func<RequestConnection<TRequest, TResponse>, CancellationToken, ValueTask>? OnConnected { get; set; }

    /// <summary>
    /// Gets or sets the function that decides whether a request has the same effect when it is done twice. Default: null, none
    /// of them. Such a request is sent again on the next connection, up to <see cref="RequestClientOptions.MaxSends"/> times in
    /// all, if its connection ends before the response. Requests that were certainly not sent are always sent later.
    /// </summary>
    public Func<TRequest, bool>? IsSafeToRepeat { get; set; }
}
