namespace Sockeye.Orleans;

/// <summary>A topic whose grain this silo hosts.</summary>
internal sealed class HostedTopic(TopicMembers members, Action deactivate)
{
    public TopicMembers Members { get; } = members;

    /// <summary>Ends the grain of a topic that no node needs.</summary>
    public void EndIfEmpty()
    {
        if (Members.IsEmpty)
            deactivate();
    }
}
