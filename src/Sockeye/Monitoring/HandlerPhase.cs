namespace Sockeye;

/// <summary>How far a connection of a server has come.</summary>
internal enum HandlerPhase
{
    /// <summary>Accepted; no thread has come to it yet.</summary>
    Accepted,

    /// <summary>A limit lets it wait for its turn.</summary>
    Held,

    /// <summary>Its handler runs, or middleware before it.</summary>
    Running,

    /// <summary>Its handler has returned.</summary>
    Returned,
}
