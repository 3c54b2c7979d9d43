namespace Sockeye;

/// <summary>The event that ends reading the messages of a connection, besides the end of the connection.</summary>
public enum ReadUntil
{
    /// <summary>
    /// A request to stop the server: reading returns the messages that have arrived whole, and then ends. For handlers that
    /// respond to messages.
    /// </summary>
    StopRequested,

    /// <summary>
    /// Only the end of the peer's side (FIN). For protocols that exchange messages after the request to stop, such as
    /// acknowledgements of sent messages. The handler leaves the loop after the last one, within
    /// <see cref="SockeyeServerOptions.ShutdownTimeout"/>.
    /// </summary>
    PeerEnds,
}
