namespace Sockeye.Linux;

/// <summary>How the connections of one endpoint reach the engine threads.</summary>
public enum LinuxAcceptMode
{
    /// <summary>One listening socket; each connection goes to the engine thread that has the fewest.</summary>
    LeastLoaded,

    /// <summary>One listening socket for each engine thread (<c>SO_REUSEPORT</c>, socket(7)): the kernel spreads clients by their
    /// addresses. For very many short connections; with few connections, some threads may stay idle.</summary>
    ReusePort,
}
