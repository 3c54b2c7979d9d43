namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>The promises of addressed messages, checked when a run is over.</summary>
internal sealed class AddressedLedger(SimulatedFleet fleet)
{
    /// <summary>The interval of the check for requests without an answer, and for silent nodes.</summary>
    private static readonly TimeSpan Check = FleetNode.BeatInterval / 2;

    /// <summary>The time after which a node that has ended is gone for all others.</summary>
    private static readonly TimeSpan Detection = FleetNode.NodeTimeout + Check;

    /// <summary>The time after which each node knows which users another one has, or knows that it does not.</summary>
    private static readonly TimeSpan Knowledge = 2.5 * FleetNode.BeatInterval;

    private readonly List<AddressedPeer> _peers = [];
    private readonly List<AddressedSend> _sends = [];

    public IReadOnlyList<AddressedPeer> Peers => _peers;

    public void Add(AddressedPeer peer) => _peers.Add(peer);

    public void Add(AddressedSend send)
    {
        fleet.Network.Note($"{send}");
        _sends.Add(send);
    }

    public void CheckAll()
    {
        foreach (var send in _sends)
        {
            CheckDuration(send);
            var copies = _peers.Where(peer => peer.Received.ContainsKey(send.Text)).ToList();
            Unless(copies.TrueForAll(peer => peer.Received[send.Text] == 1), send, "was received twice by one connection");
            if (send is ConnectionSend one)
                CheckConnection(one, copies);
            else if (send is UserSend user)
                CheckUser(user, copies);
        }

        if (_sends.Count == 0)
            throw new FleetException("Nothing was sent.");
    }

    private void CheckConnection(ConnectionSend send, List<AddressedPeer> copies)
    {
        var (peer, result) = (send.Peer, send.Result);
        Unless(copies.TrueForAll(copy => copy == peer), send, "was received by another connection");
        Unless(copies.Count == 1 || result is not ClusterSendResult.Queued, send, "was never received");
        Unless(copies.Count == 0 || result is not ClusterSendResult.NotFound, send, "was received");
        Unless(
            result is not ClusterSendResult.NotFound || peer.ClosedAt <= send.To, send, "was for a connection that was open");
        Unless(
            copies.Count == 0 || result is not ClusterSendResult.NodeGone || send.Seen.Contains(peer.Node.Self), send,
            "was received from a node that had given up its own");
        Unless(
            result is ClusterSendResult.Queued or ClusterSendResult.NotFound or ClusterSendResult.NodeGone
                or ClusterSendResult.NoAnswer,
            send, "has a result without a cause");
        if (IsKnownToBeGone(peer.Node, send))
            Unless(result is ClusterSendResult.NodeGone, send, $"was for a node that had ended at {peer.Node.EndedAt}");
        // In the first moments, nodes find each other.
        if (peer.Node.EndedAt is null && send.From > FleetNode.BeatInterval
            && !fleet.WasFaulty(send.From - Detection, send.To, aftermath: 2 * FleetNode.BeatInterval))
        {
            Unless(
                result is ClusterSendResult.Queued or ClusterSendResult.NotFound, send,
                "was for a node that nothing had cut off");
        }
    }

    private void CheckUser(UserSend send, List<AddressedPeer> copies)
    {
        var (result, missing) = (send.Result, send.Result.NodesWithoutAnswer);
        Unless(copies.TrueForAll(copy => copy.User == send.User), send, "was received by another user");
        Unless(result.Failed == 0, send, "failed without a cause");
        Unless(
            copies.Count == result.Connections || (copies.Count > result.Connections && missing.Count > 0), send,
            $"was received by {copies.Count} connections");
        foreach (var peer in _peers)
        {
            var knownFor = peer.Node == send.Sender ? TimeSpan.Zero : Knowledge;
            if (peer.User == send.User && peer.WasOpen(send.From - knownFor, send.To)
                && (peer.Node == send.Sender || send.Seen.Contains(peer.Node.Self))
                && !copies.Contains(peer) && !missing.Contains(peer.Node.Self))
            {
                throw new FleetException($"{send}: {peer.Id}, open since {peer.RegisteredAt}, missed it in silence");
            }
        }
    }

    private void CheckDuration(AddressedSend send)
    {
        if (send.Sender.EndedAt <= send.To || fleet.WasPaused(send.Sender.Host, send.From, send.To))
            return;
        Unless(send.To - send.From <= FleetNode.SendTimeout + Check, send, "took too long");
    }

    /// <summary>Whether the sender had the time to notice the end of a node.</summary>
    private bool IsKnownToBeGone(FleetNode node, AddressedSend send) =>
        node.EndedAt is { } ended && send.From > ended + Detection
        && !fleet.WasPaused(send.Sender.Host, ended - FleetNode.BeatInterval, send.From);

    private static void Unless(bool kept, AddressedSend send, string what)
    {
        if (!kept)
            throw new FleetException($"{send}: it {what}");
    }
}
