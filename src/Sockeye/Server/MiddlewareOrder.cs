namespace Sockeye;

/// <summary>
/// The required order of the middleware that protects a server: PROXY header, limits and address rules, TLS, handler.
/// </summary>
internal static class MiddlewareOrder
{
    private static readonly (MiddlewareStage First, MiddlewareStage Then, string Why)[] Rules =
    [
        (MiddlewareStage.ProxyProtocol, MiddlewareStage.Tls,
            "the PROXY header is sent in clear text before the handshake"),
        (MiddlewareStage.ProxyProtocol, MiddlewareStage.AddressLimit,
            "until the PROXY header is read, every client has the address of the proxy"),
        (MiddlewareStage.Limit, MiddlewareStage.Tls,
            "a client that is refused must not cost a handshake first"),
        (MiddlewareStage.AddressLimit, MiddlewareStage.Tls,
            "a client that is refused must not cost a handshake first"),
    ];

    private static readonly MiddlewareStage[] OnlyOnce = [MiddlewareStage.ProxyProtocol, MiddlewareStage.Tls];

    public static void ThrowIfInvalid(ListenOptions listen)
    {
        var middleware = listen.Middleware;
        for (var i = 0; i < middleware.Count; i++)
        {
            foreach (var earlier in middleware.Take(i))
                ThrowIfInvalid(listen, earlier, middleware[i]);
        }
    }

    private static void ThrowIfInvalid(ListenOptions listen, Middleware earlier, Middleware later)
    {
        if (earlier.Stage == later.Stage && OnlyOnce.Contains(later.Stage))
            throw new InvalidOperationException($"{later.Method} is on {listen} twice: remove one of them.");
        foreach (var (first, then, why) in Rules)
        {
            if (later.Stage == first && earlier.Stage == then)
                throw new InvalidOperationException($"{later.Method} must come before {earlier.Method} on {listen}: {why}.");
        }
    }
}
