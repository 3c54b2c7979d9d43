namespace Sockeye;

/// <summary>The phase of a server's connection.</summary>
internal enum HandlerPhase
{
    /// <summary>The connection is accepted, and waits for a thread.</summary>
    Accepted,

    /// <summary>A limit makes the connection wait.</summary>
    Held,

    /// <summary>The handler runs, or middleware before it.</summary>
    Running,

    /// <summary>The handler has returned.</summary>
    Returned,
}
