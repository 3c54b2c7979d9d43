namespace Sockeye;

/// <summary>The kinds of saturation: conditions that prevent a server from serving its clients, or soon will.</summary>
public enum SaturationKind
{
    /// <summary>The accept queue is half full, or more. Level: the fill ratio of the queue.</summary>
    AcceptQueue,

    /// <summary>
    /// 80 % of <see cref="SockeyeServerOptions.MaxConnections"/> are open, or more. Level: the ratio of open connections to the
    /// limit.
    /// </summary>
    Connections,

    /// <summary>
    /// An accepted client has waited for a thread for 250 ms or longer: the threads of the pool are blocked or busy. Level: 1
    /// after 5 s.
    /// </summary>
    HandlersWaiting,

    /// <summary>
    /// An inline handler has blocked its engine thread, and other connections, for 250 ms or longer (Linux transport). Level: 1
    /// after 5 s.
    /// </summary>
    HandlersBlocked,

    /// <summary><c>accept()</c> fails. Level: 1 after 5 s, when waiting clients are reset if descriptors have run out.</summary>
    AcceptFailing,

    /// <summary>
    /// A limit has kept clients in the accept queue for a second or longer. Level: 0.5, and 1 when the queue is full.
    /// </summary>
    AcceptHeld,

    /// <summary>An endpoint no longer listens. Level: 1; 0.5 while the server is being stopped, as planned
    /// (<see cref="ServerLoad.IsStopping"/>).</summary>
    NotListening,

    /// <summary>
    /// Data has waited for 5 s or longer for a peer that reads nothing. Level: 0.5 to 0.75, which means all peers.
    /// </summary>
    SendsStalled,

    /// <summary>
    /// Data of a peer has waited for 5 s or longer for a handler that reads nothing, although it can send. Level: 0.5 to 0.75,
    /// which means all handlers.
    /// </summary>
    ReadsStalled,
}
