namespace Sockeye;

/// <summary>The part of this process in a takeover, and the result.</summary>
public enum TakeoverOutcome
{
    /// <summary>This process has taken over.</summary>
    TookOver,

    /// <summary>This process serves, and the other one has ended before it had handed over everything.</summary>
    PredecessorEnded,

    /// <summary>The other process has taken over.</summary>
    HandedOver,

    /// <summary>The other process did not take over: this one continues to serve.</summary>
    Failed,

    /// <summary>The other process was refused: it is of another user, or another takeover was in progress.</summary>
    Refused,
}
