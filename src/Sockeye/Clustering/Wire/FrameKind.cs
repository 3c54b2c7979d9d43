namespace Sockeye.Clustering;

/// <summary>The kinds of frames between nodes. The values are on the wire and never change.</summary>
internal enum FrameKind : byte
{
    /// <summary>The sender is alive; the heads of its topics.</summary>
    Beat = 1,

    /// <summary>A message for the members of a group.</summary>
    Broadcast = 2,

    /// <summary>Asks a sender for the heads of topics.</summary>
    HeadsRequest = 3,

    /// <summary>The heads that were asked for.</summary>
    Heads = 4,

    /// <summary>Asks a sender for messages of a topic again.</summary>
    RepairRequest = 5,

    /// <summary>A message that was asked for again.</summary>
    Repaired = 6,

    /// <summary>Messages that were asked for, and that their sender no longer has.</summary>
    RepairRefused = 7,

    /// <summary>Asks for the messages after a position, for a connection that joins.</summary>
    CatchUpRequest = 8,

    /// <summary>A message after a position.</summary>
    CatchUpMessage = 9,

    /// <summary>The end of the messages after a position.</summary>
    CatchUpEnd = 10,

    /// <summary>A message for one connection.</summary>
    Send = 11,

    /// <summary>A message for all connections of a user.</summary>
    SendToUser = 12,

    /// <summary>Asks to end a connection.</summary>
    Abort = 13,

    /// <summary>Asks to end all connections of a user.</summary>
    AbortUser = 14,

    /// <summary>The result of one of the four before.</summary>
    SendAnswer = 15,

    /// <summary>Follows a set of presence, from a version on.</summary>
    Follow = 16,

    /// <summary>Changes of a set of presence, or all of it.</summary>
    Changes = 17,

    /// <summary>Asks for the number of members, or for a page of them.</summary>
    PresenceRequest = 18,

    /// <summary>The number, or the page.</summary>
    PresenceAnswer = 19,
}
