namespace Sockeye;

/// <summary>An event of a connection, to which <see cref="LifecycleState.Apply"/> gives the actions.</summary>
internal enum LifecycleEvent
{
    /// <summary>A receive returned the peer's FIN.</summary>
    FinReceived,

    /// <summary>A receive failed, by a reset or another error. Everything that arrived before it was received.</summary>
    ReceiveFailed,

    /// <summary>A send failed by a reset of the peer. Receiving returns what arrived before it, and then reports it.</summary>
    SendFoundReset,

    /// <summary>A send failed by another error.</summary>
    SendFailed,

    /// <summary>The handler has completed its output, and everything is sent.</summary>
    OutputSent,

    /// <summary>A server, a pool or a layer owns the connection, and ends it.</summary>
    OwnerTaken,

    /// <summary>The owner has ended its use, or has passed it to another connection.</summary>
    OwnerReleased,

    /// <summary>FIN need not wait for the handler: it waits for the peer in a read, or the time is over.</summary>
    FinDue,

    /// <summary>This side ends both directions in order: a lingering close that ended, or a stop.</summary>
    CloseRequested,

    /// <summary>This side ends both directions by RST: an abort, a timeout, an error of the handler.</summary>
    ResetRequested,

    /// <summary>The socket may go to another connection: no operation starts from now on.</summary>
    FreezeRequested,

    /// <summary>No operation is in flight.</summary>
    Frozen,

    /// <summary>The socket stays: operations start again.</summary>
    Thawed,

    /// <summary>Another connection has the socket, and this one lets it go.</summary>
    Moved,

    /// <summary>The driver starts to close the socket.</summary>
    Closing,

    /// <summary>The socket is closed, and no operation uses memory of the pipes.</summary>
    Closed,
}
