namespace Sockeye;

/// <summary>What ends the reading of a connection's messages, besides the connection's own end.</summary>
public enum ReadUntil
{
    /// <summary>
    /// A server that is asked to stop: messages that have arrived whole are still handed out, and then reading ends. For handlers
    /// that answer what they read, which is most.
    /// </summary>
    StopRequested,

    /// <summary>
    /// Nothing but the peer's end (FIN). For protocols that have something to finish after the request to stop, such as the
    /// acknowledgement of what this side has sent: the handler leaves the loop when it has that, and has
    /// <see cref="SockeyeServerOptions.ShutdownTimeout"/> for it.
    /// </summary>
    PeerEnds,
}
