namespace Sockeye;

/// <summary>How much a group keeps for its members, and what it does when that is not enough.</summary>
public sealed class MessageGroupOptions
{
    /// <summary>
    /// Messages kept for each member until its connection takes them. Default: 256; range: 1 to 1,000,000. Members of one codec
    /// share the bytes of a message. A short queue is hard on members with a slow network; a long one holds old messages.
    /// </summary>
    public int MaxQueuedMessages
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1_000_000);
            field = value;
        }
    } = 256;

    /// <summary>What happens to a member whose queue is full. Default: <see cref="SlowMemberPolicy.Disconnect"/>.</summary>
    public SlowMemberPolicy SlowMember
    {
        get;
        set => field = value is SlowMemberPolicy.Disconnect or SlowMemberPolicy.Drop or SlowMemberPolicy.Wait
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The policy is Disconnect, Drop or Wait.");
    }
}
