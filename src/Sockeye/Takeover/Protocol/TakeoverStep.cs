namespace Sockeye;

/// <summary>A point of a takeover that was reached. Those of the successor come first.</summary>
internal enum TakeoverStep
{
    Connected,
    Greeted,
    ListenersReceived,
    Attached,
    AcceptingSent,
    PredecessorStopped,
    OfferReceived,
    ReadySent,
    CommitReceived,
    ServingSent,
    Served,
    DoneReceived,
    CompleteSent,

    SuccessorConnected,
    Asked,
    ListenersSent,
    SuccessorAccepts,
    AcceptingStopped,
    StoppedSent,
    Detached,
    Offered,
    SuccessorReady,
    Committed,
    SuccessorServes,
    DoneSent,
    Completed,
}
