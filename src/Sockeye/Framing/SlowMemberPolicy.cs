namespace Sockeye;

/// <summary>The behavior of a group when the queue of a member is full.</summary>
public enum SlowMemberPolicy
{
    /// <summary>
    /// The group aborts the member's connection with <see cref="CloseCause.Limit"/>. The other members receive every message.
    /// </summary>
    Disconnect,

    /// <summary>The member misses the message. Use it for state, where each message replaces the previous one.</summary>
    Drop,

    /// <summary>The broadcast waits for the member: the sender slows down to the slowest member.</summary>
    Wait,
}
