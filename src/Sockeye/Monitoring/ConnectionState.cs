namespace Sockeye;

/// <summary>What a connection of a server does or waits for, as far as this process knows.</summary>
public enum ConnectionState
{
    /// <summary>It was accepted, and its handler has not begun: no thread has come to it yet, or a limit holds it.</summary>
    Waiting,

    /// <summary>Its handler runs, and both directions are open.</summary>
    Open,

    /// <summary>Its handler runs; one direction has ended, the other goes on.</summary>
    HalfClosed,

    /// <summary>Its handler has returned, and what was written is still being sent; or it was ended, and its handler has yet to
    /// notice.</summary>
    Closing,
}
