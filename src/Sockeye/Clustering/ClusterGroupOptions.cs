namespace Sockeye;

/// <summary>Options of the groups of a <see cref="Cluster"/>. The cluster copies them.</summary>
public sealed class ClusterGroupOptions
{
    /// <inheritdoc cref="MessageGroupOptions.MaxQueuedMessages"/>
    public int MaxQueuedMessages { get; set => field = OptionChecks.InRange(value, 1, 1_000_000); } = 256;

    /// <summary>Gets or sets the policy for a member whose queue is full. Default: <see cref="SlowMemberPolicy.Disconnect"/>.
    /// With <see cref="SlowMemberPolicy.Wait"/>, messages of other nodes wait too, up to <see cref="MaxQueuedMessages"/> for the
    /// group; more are missed, and reported as a gap.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public SlowMemberPolicy SlowMember { get; set => field = OptionChecks.Defined(value); }

    /// <summary>Gets or sets the maximum number of messages of each sending node that a node keeps for a group, to send them
    /// again to nodes that have missed them, and to connections that join with a position. Default: 0, none. Range: 0 to
    /// 100,000. Each message costs its bytes and about 100 more, on each node with members.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxReplayMessages { get; set => field = OptionChecks.InRange(value, 0, 100_000); }

    internal ClusterGroupOptions Copy() => new()
    {
        MaxQueuedMessages = MaxQueuedMessages,
        SlowMember = SlowMember,
        MaxReplayMessages = MaxReplayMessages,
    };

    internal bool HasSameValues(ClusterGroupOptions other) =>
        MaxQueuedMessages == other.MaxQueuedMessages
        && SlowMember == other.SlowMember
        && MaxReplayMessages == other.MaxReplayMessages;
}
