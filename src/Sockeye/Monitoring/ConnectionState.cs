namespace Sockeye;

/// <summary>The state of a server's connection, as this process knows it.</summary>
public enum ConnectionState
{
    /// <summary>The connection was accepted, and its handler has not started: it waits for a thread, or for a limit.</summary>
    Waiting,

    /// <summary>The handler runs, and both directions are open.</summary>
    Open,

    /// <summary>The handler runs; one direction has ended, the other continues.</summary>
    HalfClosed,

    /// <summary>
    /// The handler has returned, and written data is still being sent; or the connection has ended, and its handler is still
    /// running.
    /// </summary>
    Closing,
}
