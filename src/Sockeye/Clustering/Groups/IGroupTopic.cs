namespace Sockeye.Clustering;

/// <summary>A group of any type of message, as other nodes see it. Safe to call from any thread.</summary>
internal interface IGroupTopic
{
    string Name { get; }

    Type MessageType { get; }

    /// <summary>Whether the group has ended: its name is free.</summary>
    bool IsRetired { get; }

    void OnMessage(ulong sender, ref FrameReader frame, bool isRepaired);

    void OnRepairRequest(ClusterNode node, ref FrameReader frame);

    void OnRefused(ulong sender, ref FrameReader frame);

    /// <summary>A node has announced its head, or has answered.</summary>
    void OnHead(ulong sender, GroupHead head, bool isAnswer);

    void OnCatchUpRequest(ClusterNode node, ref FrameReader frame);

    void OnCatchUpMessage(ulong sender, ref FrameReader frame);

    void OnCatchUpEnd(ulong sender, ref FrameReader frame);

    void OnNodeForgotten(ulong incarnation);

    bool TryAnnounce(ulong beat, out GroupHead head);

    /// <summary>Returns the head of this node's own messages, now and at a beat, for a node that asks.</summary>
    GroupHead GetHead(ulong beat);

    /// <summary>Whether the group compares its messages of a node with the node's head.</summary>
    /// <param name="incarnation">The node.</param>
    /// <param name="beat">The beat at which the head is needed too; 0: none.</param>
    bool AsksForHead(ulong incarnation, out ulong beat);

    /// <summary>The regular work.</summary>
    void Check();

    /// <summary>Ends the group if nothing needs it.</summary>
    /// <returns>True if it has ended, now or before.</returns>
    bool TryRetire();
}
