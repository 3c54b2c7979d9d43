namespace Sockeye;

/// <summary>Options of a <see cref="MessageGroup{TMessage}"/>. The group copies them when it is created.</summary>
public sealed class MessageGroupOptions
{
    /// <summary>
    /// Gets or sets the maximum number of messages that wait for each member. Default: 256. Range: 1 to 1,000,000. Members with
    /// the same codec share the bytes of a message. A short queue affects members with a slow network sooner; a long queue holds
    /// old messages.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxQueuedMessages { get; set => field = OptionChecks.InRange(value, 1, 1_000_000); } = 256;

    /// <summary>
    /// Gets or sets the policy for a member whose queue is full. Default: <see cref="SlowMemberPolicy.Disconnect"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public SlowMemberPolicy SlowMember { get; set => field = OptionChecks.Defined(value); }
}
