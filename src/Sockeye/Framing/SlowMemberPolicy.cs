namespace Sockeye;

/// <summary>What a group does when the queue of a member is full.</summary>
public enum SlowMemberPolicy
{
    /// <summary>The group aborts the member's connection with <see cref="CloseCause.Limit"/>. Members that stay receive every
    /// message.</summary>
    Disconnect,

    /// <summary>The member stays and misses the message. For states, where the next message replaces the last.</summary>
    Drop,

    /// <summary>The broadcast waits for the member: the sender slows down to the slowest member.</summary>
    Wait,
}
