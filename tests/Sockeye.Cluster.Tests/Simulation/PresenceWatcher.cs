using Sockeye.Testing;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>A program on a node that follows who is there, and finds changes that cannot be.</summary>
internal sealed class PresenceWatcher
{
    private readonly SimulatedNetwork _network;
    private readonly IReadOnlyList<FleetNode> _all;
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<string> _present = [];
    private readonly Dictionary<string, TimeSpan> _returned = [];
    private readonly Task _watching;

    /// <param name="network">The network.</param>
    /// <param name="all">All nodes that have ever run.</param>
    /// <param name="node">The node that watches.</param>
    /// <param name="what">A group, or a user after '@'.</param>
    public PresenceWatcher(SimulatedNetwork network, IReadOnlyList<FleetNode> all, FleetNode node, string what)
    {
        (_network, _all, Node, What) = (network, all, node, what);
        _watching = WatchAsync();
    }

    public FleetNode Node { get; }

    public string What { get; }

    /// <summary>The first change that cannot be; null if there is none.</summary>
    public string? Broken { get; private set; }

    public ClusterPresence Presence => What[0] == '@'
        ? Node.Cluster.GetUserPresence(What[1..])
        : Node.Cluster.Group<string>(What).Presence;

    /// <summary>Compares what is known with what is.</summary>
    public void Check(IReadOnlySet<string> present)
    {
        CheckReturned();
        if (!present.SetEquals(_present))
        {
            throw new FleetException(
                $"{Node.Self} sees in {What} [{string.Join(", ", _present.Except(present))}], which are not there, and does not "
                + $"see [{string.Join(", ", present.Except(_present))}]");
        }
    }

    public async Task StopAsync()
    {
        _stop.Cancel(); // On this thread, which a simulation needs.
        await _watching;
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        try
        {
            await foreach (var (kind, member) in Presence.WatchAsync(_stop.Token))
                Apply(kind, member!);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The watch is over.
        }
    }

    private void Apply(PresenceChangeKind kind, ClusterMember member)
    {
        _network.Note($"{Node.Host.Name}: {member.ConnectionId} {kind} in {What}");
        CheckReturned();
        if (kind is PresenceChangeKind.Joined)
        {
            if (!_present.Add(member.ConnectionId))
                Broken ??= $"{Node.Self} sees {member.ConnectionId} join {What} twice";
            if (_all.FirstOrDefault(one => one.Self == member.Node) is { IsAlive: false } && HasLost(member.Node))
                _returned.Add(member.ConnectionId, _network.Elapsed);
        }
        else if (!_present.Remove(member.ConnectionId))
        {
            Broken ??= $"{Node.Self} sees {member.ConnectionId} leave {What} without being there";
        }
        else
        {
            _returned.Remove(member.ConnectionId);
        }
    }

    /// <summary>A join that is read when the node is lost already is right if it was before: then it is followed at once by the
    /// end of the member.</summary>
    private void CheckReturned()
    {
        foreach (var (id, at) in _returned)
        {
            if (at < _network.Elapsed)
                Broken ??= $"{Node.Self} sees {id} join {What} at {at}, when its node has ended and is lost";
        }
    }

    private bool HasLost(ClusterNode node) => Node.Changes.LastOrDefault(change => change.Node == node) is
        { Kind: ClusterNodeChangeKind.Lost or ClusterNodeChangeKind.Left };
}
