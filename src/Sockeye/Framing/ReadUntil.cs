namespace Sockeye;

/// <summary>What ends reading the messages of a connection, besides the end of the connection.</summary>
public enum ReadUntil
{
    /// <summary>
    /// A request to stop the server: reading returns the messages that have arrived whole, and then ends. For handlers that
    /// answer what they read.
    /// </summary>
    StopRequested,

    /// <summary>
    /// Only the end of the peer's side (FIN). For protocols that have to finish something after the request to stop, such as to
    /// receive the acknowledgement of what this side has sent. The handler leaves the loop when it has that, within
    /// <see cref="SockeyeServerOptions.ShutdownTimeout"/>.
    /// </summary>
    PeerEnds,
}
