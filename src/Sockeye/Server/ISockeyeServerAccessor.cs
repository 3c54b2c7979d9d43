namespace Sockeye;

/// <summary>Gives access to a server that a host starts later.</summary>
/// <remarks>
/// A singleton of the host's services, keyed by the section of the server. <c>AddSockeyeServer</c> adds it, and what shows the
/// server asks for it, such as <c>AddSockeyeAdmin</c>. Safe for use from any thread.
/// </remarks>
public interface ISockeyeServerAccessor
{
    /// <summary>The server. After the host has stopped, the server that it stopped.</summary>
    /// <exception cref="InvalidOperationException">The server has not started yet.</exception>
    SockeyeServer Server { get; }
}
