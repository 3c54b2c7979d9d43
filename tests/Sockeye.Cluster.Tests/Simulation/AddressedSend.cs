namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>A message that was addressed to a connection or to a user.</summary>
/// <param name="Sender">The node that has sent it.</param>
/// <param name="Text">The message, which no other one equals.</param>
/// <param name="From">When it was sent.</param>
/// <param name="To">When the result was known.</param>
/// <param name="Seen">The nodes that the sender saw when it sent.</param>
internal abstract record AddressedSend(
    FleetNode Sender, string Text, TimeSpan From, TimeSpan To, IReadOnlySet<ClusterNode> Seen)
{
    public override string ToString() => $"message {Text} of {Sender.Self}, sent at {From}, with a result at {To}";
}

/// <inheritdoc cref="AddressedSend"/>
internal sealed record ConnectionSend(
    FleetNode Sender, string Text, TimeSpan From, TimeSpan To, IReadOnlySet<ClusterNode> Seen, AddressedPeer Peer,
    ClusterSendResult Result)
    : AddressedSend(Sender, Text, From, To, Seen)
{
    public override string ToString() => $"{base.ToString()}, for {Peer.Id}: {Result}";
}

/// <inheritdoc cref="AddressedSend"/>
internal sealed record UserSend(
    FleetNode Sender, string Text, TimeSpan From, TimeSpan To, IReadOnlySet<ClusterNode> Seen, string User,
    ClusterUserSendResult Result)
    : AddressedSend(Sender, Text, From, To, Seen)
{
    public override string ToString() =>
        $"{base.ToString()}, for {User}: {Result.Connections} connections, {Result.Failed} failed, without an answer: "
        + $"[{string.Join(", ", Result.NodesWithoutAnswer)}]";
}
