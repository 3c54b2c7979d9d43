namespace Sockeye.Linux;

/// <summary>The way in which the connections of an endpoint are distributed over the engine threads.</summary>
public enum LinuxAcceptMode
{
    /// <summary>One listening socket; each connection goes to the engine thread that has the fewest.</summary>
    LeastLoaded,

    /// <summary>
    /// One listening socket for each engine thread (<c>SO_REUSEPORT</c>, socket(7)): the kernel spreads clients by their
    /// addresses. Use it for very many short connections; with few connections, some threads may stay idle.
    /// </summary>
    ReusePort,
}
