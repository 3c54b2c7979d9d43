namespace Sockeye;

/// <summary>Messages of one node that a group on this node has missed.</summary>
/// <param name="Group">The name of the group.</param>
/// <param name="NodeName">The name of the sending node.</param>
/// <param name="First">The first message that is missing.</param>
/// <param name="Count">The number of messages that are missing; 0 if it is not known.</param>
/// <param name="Reason">One sentence for people: why they could not be had again.</param>
public readonly record struct GroupGap(string Group, string NodeName, GroupStamp First, long Count, string Reason);
