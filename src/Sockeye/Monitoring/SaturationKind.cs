namespace Sockeye;

/// <summary>What keeps a server, or soon will keep it, from serving its clients.</summary>
public enum SaturationKind
{
    /// <summary>Clients wait to be accepted: half as many as may, or more. Level: how full the queue is.</summary>
    AcceptQueue,

    /// <summary>80 % of <see cref="SockeyeServerOptions.MaxConnections"/> are open, or more. Level: how many of them.</summary>
    Connections,

    /// <summary>For 250 ms or longer no thread has come to an accepted client: those of the thread pool are blocked or busy.
    /// Level: 1 after 5 s.</summary>
    HandlersWaiting,

    /// <summary>An inline handler blocks its engine thread for 250 ms or longer, and with it other connections (Linux transport).
    /// Level: 1 after 5 s.</summary>
    HandlersBlocked,

    /// <summary><c>accept()</c> fails. Level: 1 after 5 s, when clients that wait are reset where descriptors are what is
    /// missing.</summary>
    AcceptFailing,

    /// <summary>For a second or longer a limit has left clients in the accept queue. Level: 0.5, and 1 when the queue is
    /// full.</summary>
    AcceptHeld,

    /// <summary>An endpoint no longer listens. Level: 1; 0.5 while the server is being stopped, as planned
    /// (<see cref="ServerLoad.IsStopping"/>).</summary>
    NotListening,

    /// <summary>For 5 s or longer data has waited for a peer that reads nothing. Level: 0.5, and up to 0.75 when all peers do
    /// so.</summary>
    SendsStalled,

    /// <summary>For 5 s or longer data of a peer has waited for a handler that reads nothing, although it can send. Level: 0.5,
    /// and up to 0.75 when all handlers do so.</summary>
    ReadsStalled,
}
