namespace Sockeye;

/// <summary>The messages that a connection has received when it joined a group with a position.</summary>
/// <param name="Position">The last message of each sending node that it has received, or missed.</param>
/// <param name="Replayed">The number of messages that were sent to it again.</param>
/// <param name="Missing">Messages that no node keeps. A count of 0 means that their number is not known.</param>
public sealed record GroupJoinResult(GroupPosition Position, int Replayed, IReadOnlyList<GroupGap> Missing)
{
    /// <summary>Gets whether the connection has missed nothing since its position.</summary>
    public bool IsComplete => Missing.Count == 0;
}
