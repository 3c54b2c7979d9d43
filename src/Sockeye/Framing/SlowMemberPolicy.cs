namespace Sockeye;

/// <summary>What happens to a member of a group that has no room for one more message.</summary>
public enum SlowMemberPolicy
{
    /// <summary>It is aborted, with <see cref="CloseCause.Limit"/> as the reason: who stays gets every message.</summary>
    Disconnect,

    /// <summary>It misses that message, and stays: for states of which the next one replaces the last.</summary>
    Drop,

    /// <summary>Everybody waits for it: the sender is slowed down to the slowest member.</summary>
    Wait,
}
