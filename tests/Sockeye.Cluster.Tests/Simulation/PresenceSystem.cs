using Sockeye.Clustering.Tests.Support;
using Sockeye.Testing;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>A fleet whose programs watch who is there, while members come and go and the fleet meets faults.</summary>
internal sealed class PresenceSystem
{
    private const int Members = 6;

    private static readonly string[] Watched = ["news", "@ann"];
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(45);

    private readonly SimulatedNetwork _network;
    private readonly SimulatedFleet _fleet;
    private readonly List<PresenceWatcher> _watchers = [];
    private readonly Dictionary<string, Membership> _members = [];

    private PresenceSystem(SimulatedNetwork network, FleetDefects defects)
    {
        _network = network;
        _fleet = new(network, defects) { Started = OnStarted, Ended = OnEndedAsync };
    }

    /// <summary>The stated time after which a watch is right again: two beats after a partition has healed, and the time that
    /// frames travel.</summary>
    private TimeSpan Convergence => 2 * FleetNode.BeatInterval + 6 * _fleet.Delay;

    public static Task RunAsync(SimulatedNetwork network) => RunAsync(network, FleetDefects.None);

    public static Task RunAsync(SimulatedNetwork network, FleetDefects defects) =>
        new PresenceSystem(network, defects).RunAsync();

    private async Task RunAsync()
    {
        await _fleet.StartAsync();
        var faults = _fleet.MakeFaultsAsync(Duration);
        var members = Enumerable.Range(0, Members).Select(_ => ComeAndGoAsync()).ToList();
        foreach (var member in members)
            await member;
        await faults;
        await _fleet.HealAsync();
        await _fleet.PauseAsync(Convergence);
        // A node that crashed a moment ago is silent for as long as any may be.
        var crashes = _fleet.All.Select(node => node.EndedAt ?? TimeSpan.Zero).Max();
        var noticed = crashes + FleetNode.NodeTimeout + FleetNode.BeatInterval / 2 + _fleet.Delay;
        if (noticed > _network.Elapsed)
            await _fleet.PauseAsync(noticed - _network.Elapsed);
        await CheckAsync();
        foreach (var watcher in _watchers.ToList())
            await watcher.StopAsync();
        await _fleet.StopAsync();
    }

    private async Task ComeAndGoAsync()
    {
        while (_network.Elapsed < Duration)
        {
            await _fleet.PauseUpToAsync(TimeSpan.FromSeconds(3));
            if (_fleet.Alive.ToList() is not { Count: > 0 } nodes)
                continue;
            var (node, connection) = (_fleet.Pick(nodes), new MemberConnection(static _ => { }));
            var messages = connection.AsMessages(_fleet.Codec);
            var user = _network.Random.Next(2) == 0 ? "ann" : null;
            var id = node.Cluster.Register(messages, user);
            _members.Add(id, new(node, user) { IsInGroup = true });
            node.Cluster.Group<string>("news").Join(messages);
            await _fleet.PauseUpToAsync(TimeSpan.FromSeconds(10));
            if (!node.IsAlive)
                continue;
            if (_network.Random.Next(2) == 0)
            {
                node.Cluster.Group<string>("news").Leave(messages);
                _members[id].IsInGroup = false;
            }
            else if (_network.Random.Next(2) == 0)
            {
                connection.Close(CloseReason.LocalFin);
                _members.Remove(id);
            }
        }
    }

    private void OnStarted(FleetNode node) =>
        _watchers.AddRange(Watched.Select(what => new PresenceWatcher(_network, _fleet.All, node, what)));

    private async Task OnEndedAsync(FleetNode node)
    {
        foreach (var watcher in _watchers.Where(watcher => watcher.Node == node).ToList())
        {
            _watchers.Remove(watcher);
            await watcher.StopAsync();
            ThrowIfBroken(watcher);
        }
    }

    private async Task CheckAsync()
    {
        var there = _members.Where(member => member.Value.Node.IsAlive).ToList();
        var present = new Dictionary<string, HashSet<string>>
        {
            ["news"] = [.. there.Where(member => member.Value.IsInGroup).Select(member => member.Key)],
            ["@ann"] = [.. there.Where(member => member.Value.User == "ann").Select(member => member.Key)],
        };
        foreach (var watcher in _watchers)
        {
            watcher.Check(present[watcher.What]);
            ThrowIfBroken(watcher);
        }

        foreach (var watcher in _watchers)
        {
            var count = await watcher.Presence.CountAsync();
            var listed = await watcher.Presence.ListAsync(pageSize: 2).Select(member => member.ConnectionId).ToListAsync();
            if (!count.IsComplete || count.Count != present[watcher.What].Count
                || !present[watcher.What].SetEquals(listed) || listed.Count != count.Count)
            {
                throw new FleetException(
                    $"{watcher.Node.Self} counts {count.Count} and lists {listed.Count} of {present[watcher.What].Count} members "
                    + $"of {watcher.What}");
            }
        }
    }

    private static void ThrowIfBroken(PresenceWatcher watcher)
    {
        if (watcher.Broken is { } broken)
            throw new FleetException(broken);
    }

    private sealed record Membership(FleetNode Node, string? User)
    {
        public bool IsInGroup { get; set; }
    }
}
