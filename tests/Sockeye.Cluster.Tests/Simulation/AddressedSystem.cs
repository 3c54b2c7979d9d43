using Sockeye.Testing;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>A fleet whose nodes send to connections and to users, which come and go, while the fleet meets faults.</summary>
internal sealed class AddressedSystem
{
    private const int Connections = 6;
    private const int Callers = 3;

    private static readonly string[] Users = ["ann", "bob", "*", "g:news"];
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Settling = FleetNode.NodeTimeout + 4 * FleetNode.BeatInterval;

    private readonly SimulatedNetwork _network;
    private readonly SimulatedFleet _fleet;
    private readonly AddressedLedger _ledger;
    private readonly List<Task> _calls = [];
    private int _messages;

    private AddressedSystem(SimulatedNetwork network, FleetDefects defects)
    {
        _network = network;
        _fleet = new(network, defects);
        _ledger = new(_fleet);
    }

    public static Task RunAsync(SimulatedNetwork network) => RunAsync(network, FleetDefects.None);

    public static Task RunAsync(SimulatedNetwork network, FleetDefects defects) =>
        new AddressedSystem(network, defects).RunAsync();

    private async Task RunAsync()
    {
        await _fleet.StartAsync();
        var faults = _fleet.MakeFaultsAsync(Duration);
        var connections = Enumerable.Range(0, Connections).Select(_ => ConnectAsync()).ToList();
        var callers = Enumerable.Range(0, Callers).Select(_ => CallAsync()).ToList();
        await faults;
        foreach (var task in connections.Concat(callers).Concat(_calls))
            await task;
        await _fleet.HealAsync();
        await _fleet.PauseAsync(Settling);
        _ledger.CheckAll();
        await CheckSettledAsync();
        _ledger.CheckAll();
        await _fleet.StopAsync();
    }

    /// <summary>One client after another, each on some node.</summary>
    private async Task ConnectAsync()
    {
        while (_network.Elapsed < Duration)
        {
            await _fleet.PauseUpToAsync(TimeSpan.FromSeconds(3));
            if (_fleet.Alive.ToList() is not { Count: > 0 } nodes)
                continue;
            var user = _network.Random.Next(4) == 0 ? null : _fleet.Pick(Users);
            var peer = new AddressedPeer(_fleet, _fleet.Pick(nodes), user);
            _ledger.Add(peer);
            await _fleet.PauseUpToAsync(TimeSpan.FromSeconds(15));
            if (_network.Elapsed < Duration)
                peer.Close();
        }
    }

    private async Task CallAsync()
    {
        while (_network.Elapsed < Duration)
        {
            await _fleet.PauseUpToAsync(TimeSpan.FromSeconds(1));
            if (_fleet.Alive.ToList() is not { Count: > 0 } nodes)
                continue;
            var sender = _fleet.Pick(nodes);
            if (_ledger.Peers.Count > 0 && _network.Random.Next(2) == 0)
            {
                var first = Math.Max(0, _ledger.Peers.Count - 2 * Connections);
                _calls.Add(SendAsync(sender, _ledger.Peers[_network.Random.Next(first, _ledger.Peers.Count)]));
            }
            else
            {
                _calls.Add(SendAsync(sender, _fleet.Pick(Users)));
            }
        }
    }

    private async Task<ClusterSendResult> SendAsync(FleetNode sender, AddressedPeer peer)
    {
        var (text, from, seen) = ($"{++_messages}", _network.Elapsed, sender.Cluster.OtherNodes.ToHashSet());
        _network.Note($"{sender.Self} sends {text} to {peer.Id}");
        var result = await sender.Cluster.SendAsync(peer.Id, text);
        _ledger.Add(new ConnectionSend(sender, text, from, _network.Elapsed, seen, peer, result));
        return result;
    }

    private async Task<ClusterUserSendResult> SendAsync(FleetNode sender, string user)
    {
        var (text, from, seen) = ($"{++_messages}", _network.Elapsed, sender.Cluster.OtherNodes.ToHashSet());
        _network.Note($"{sender.Self} sends {text} to {user}");
        var result = await sender.Cluster.SendToUserAsync(user, text);
        _ledger.Add(new UserSend(sender, text, from, _network.Elapsed, seen, user, result));
        return result;
    }

    /// <summary>After all faults, each node reaches each connection and each user.</summary>
    private async Task CheckSettledAsync()
    {
        var open = _ledger.Peers.Where(peer => peer.ClosedAt is null).ToList();
        foreach (var sender in _fleet.Alive)
        {
            foreach (var peer in open)
            {
                if (await SendAsync(sender, peer) is var result and not ClusterSendResult.Queued)
                    throw new FleetException($"{sender.Self} does not reach {peer.Id} after all faults: {result}");
            }

            foreach (var user in Users)
            {
                var result = await SendAsync(sender, user);
                if (result.Connections != open.Count(peer => peer.User == user) || result.NodesWithoutAnswer.Count > 0)
                {
                    throw new FleetException(
                        $"{sender.Self} reaches {result.Connections} of {open.Count(peer => peer.User == user)} connections of "
                        + $"{user} after all faults, and not [{string.Join(", ", result.NodesWithoutAnswer)}]");
                }
            }
        }

        foreach (var user in Users)
        {
            var theirs = open.Where(peer => peer.User == user).ToList();
            var ended = await _fleet.Alive.First().Cluster.AbortUserAsync(user, "the run is over");
            if (ended.Connections != theirs.Count || theirs.Exists(peer => peer.CloseReason?.Description != "the run is over"))
                throw new FleetException($"{ended.Connections} of {theirs.Count} connections of {user} were ended");
        }
    }
}
