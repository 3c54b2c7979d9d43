using Sockeye.Testing;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>A fleet for two minutes: clients join, leave and move, nodes send, crash and restart, the network parts and heals.
/// </summary>
internal sealed class FleetSystem
{
    private const int Clients = 5;

    private static readonly string[] GroupNames = ["news", "chat", "$odd.*>"];
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(90);

    /// <summary>The time after the last fault: nodes are found, heads are compared, messages are sent again or given up.
    /// </summary>
    private static readonly TimeSpan Settling = FleetNode.NodeTimeout + 12 * FleetNode.BeatInterval;

    private readonly SimulatedNetwork _network;
    private readonly SimulatedFleet _fleet;
    private readonly FleetLedger _ledger;
    private readonly List<FleetClient> _clients;

    private FleetSystem(SimulatedNetwork network, FleetDefects defects)
    {
        _network = network;
        _fleet = new(network, defects);
        _ledger = new(network);
        _clients =
        [
            .. Enumerable.Range(1, Clients).Select(number => new FleetClient(network, $"c{number}", _fleet.Codec, defects)),
        ];
    }

    public static Task RunAsync(SimulatedNetwork network) => RunAsync(network, FleetDefects.None);

    public static Task RunAsync(SimulatedNetwork network, FleetDefects defects) => new FleetSystem(network, defects).RunAsync();

    private async Task RunAsync()
    {
        await _fleet.StartAsync();
        var faults = _fleet.MakeFaultsAsync(Duration);
        var clients = _clients.ConvertAll(UseAsync);
        var senders = SendAsync();
        await faults;
        await senders;
        foreach (var client in clients)
            await client;
        await _fleet.HealAsync();
        await _fleet.PauseAsync(Settling);
        Check();
        await _fleet.StopAsync();
    }

    private async Task SendAsync()
    {
        while (_network.Elapsed < Duration)
        {
            await _fleet.PauseUpToAsync(TimeSpan.FromSeconds(2));
            var nodes = _fleet.Alive.ToList();
            if (nodes.Count == 0)
                continue;
            var (node, name) = (_fleet.Pick(nodes), _fleet.Pick(GroupNames));
            for (var burst = _network.Random.Next(1, 6); burst > 0; burst--)
            {
                var stamp = node.Cluster.Group<string>(name).Broadcast(stamp => $"{name} {stamp}");
                _network.Note($"{node.Host.Name} sent {stamp} to {name}");
                _ledger.OnSent(name, stamp);
            }
        }
    }

    private async Task UseAsync(FleetClient client)
    {
        while (_network.Elapsed < Duration)
        {
            var nodes = _fleet.Alive.ToList();
            if (client.Node is { IsAlive: false })
                client.Disconnect();
            if (client.Node is null || _network.Random.Next(4) == 0)
            {
                client.Disconnect();
                if (nodes.Count > 0)
                    client.Connect(_fleet.Pick(nodes));
            }

            if (client.Node is not null && _fleet.Pick(GroupNames) is var name)
            {
                if (!client.Groups.Contains(name))
                    await client.JoinAsync(name);
                else if (_network.Random.Next(3) == 0)
                    client.Leave(name);
            }

            await _fleet.PauseUpToAsync(TimeSpan.FromSeconds(15));
        }
    }

    private void Check()
    {
        var alive = _fleet.Alive.Select(node => node.Self.Incarnation).ToHashSet();
        foreach (var node in _fleet.Alive)
        {
            var seen = node.Cluster.OtherNodes.Select(other => other.Incarnation).Append(node.Self.Incarnation);
            if (!alive.SetEquals(seen))
                throw new FleetException($"{node.Self} sees {string.Join(", ", node.Cluster.OtherNodes)} of {alive.Count} nodes");
        }

        foreach (var client in _clients)
        {
            if (client.Broken is not null)
                throw new FleetException(client.Broken);
            if (client.Node is not { IsAlive: true })
                continue;
            foreach (var group in client.Groups)
                _ledger.Check(client, group, alive);
        }

        if (_ledger.Count == 0)
            throw new FleetException("Nothing was sent.");
    }
}
