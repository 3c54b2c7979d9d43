namespace Sockeye;

/// <summary>Gives access to a server that a host starts later.</summary>
/// <remarks>
/// A singleton of the host's services, keyed by the section of the server. <c>AddSockeyeServer</c> adds it;
/// <c>AddSockeyeAdmin</c>, for example, uses it. Safe for use from any thread.
/// </remarks>
public interface ISockeyeServerAccessor
{
    /// <summary>Gets the server. After the host has stopped, the server that it stopped.</summary>
    /// <exception cref="InvalidOperationException">The server has not started yet.</exception>
    SockeyeServer Server { get; }
}
