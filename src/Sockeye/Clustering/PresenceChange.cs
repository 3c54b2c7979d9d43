namespace Sockeye;

/// <summary>A change of the members of a group, or of the connections of a user.</summary>
/// <param name="Kind">The kind of change.</param>
/// <param name="Member">The member; null for <see cref="PresenceChangeKind.Reset"/>.</param>
public readonly record struct PresenceChange(PresenceChangeKind Kind, ClusterMember? Member);

/// <summary>The kind of a <see cref="PresenceChange"/>.</summary>
public enum PresenceChangeKind
{
    /// <summary>The member has joined, or was there when the watch began.</summary>
    Joined,

    /// <summary>The member has left, its connection has ended, or its node is gone.</summary>
    Left,

    /// <summary>The reader was too slow, and changes were dropped: all members follow again, as joined.</summary>
    Reset,
}
