using Sockeye.Testing;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>Nodes on simulated hosts, and the faults that they meet, one at a time: the network parts and heals, nodes crash,
/// stop, restart and hang, the engine is away, frames are lost.</summary>
internal sealed class SimulatedFleet
{
    private readonly FleetDefects _defects;
    private readonly FleetNode?[] _nodes;
    private readonly int _ring;
    private readonly double _loss;
    private readonly List<Fault> _faults = [];
    private readonly List<FleetNode> _all = [];

    public SimulatedFleet(SimulatedNetwork network, FleetDefects defects)
    {
        (Network, _defects) = (network, defects);
        Bus = new(network);
        Hosts = [.. Enumerable.Range(1, network.Random.Next(3, 6)).Select(number => network.AddHost($"n{number}"))];
        _nodes = new FleetNode?[Hosts.Count];
        _ring = network.Random.Next(3) switch { 0 => 0, 1 => 10, _ => 1000 };
        _loss = network.Random.Next(2) == 0 ? 0 : network.Random.NextDouble() * 0.1;
        network.Latency = TimeSpan.FromMilliseconds(network.Random.Next(1, 40));
        network.Jitter = network.Latency * network.Random.NextDouble();
    }

    public SimulatedNetwork Network { get; }

    public SimulatedBus Bus { get; }

    public Codec<string> Codec { get; } = Sockeye.Codec.Lines(maxLength: 200);

    public IReadOnlyList<SimulatedHost> Hosts { get; }

    public IEnumerable<FleetNode> Alive => _nodes.OfType<FleetNode>();

    /// <summary>All nodes that have run.</summary>
    public IReadOnlyList<FleetNode> All => _all;

    /// <summary>Is called for each node that has started.</summary>
    public Action<FleetNode>? Started { get; init; }

    /// <summary>Is called for each node that was stopped or has crashed.</summary>
    public Func<FleetNode, Task>? Ended { get; init; }

    /// <summary>The longest time between two hosts.</summary>
    public TimeSpan Delay => Network.Latency + Network.Jitter;

    public async Task StartAsync()
    {
        for (var i = 0; i < Hosts.Count; i++)
            await StartNodeAsync(i);
    }

    public async Task MakeFaultsAsync(TimeSpan until)
    {
        while (Network.Elapsed < until)
        {
            Bus.Loss = _loss;
            await PauseUpToAsync(TimeSpan.FromSeconds(8));
            var (one, other) = (Network.Random.Next(Hosts.Count), Network.Random.Next(Hosts.Count));
            var (kind, begun) = (Network.Random.Next(7), Network.Elapsed);
            await MakeFaultAsync(kind, one, other);
            _faults.Add(new(begun, Network.Elapsed, kind == 5 ? Hosts[one] : null));
        }
    }

    /// <summary>Ends all faults.</summary>
    public async Task HealAsync()
    {
        Bus.Loss = 0;
        for (var i = 0; i < Hosts.Count; i++)
        {
            if (_nodes[i] is null)
                await StartNodeAsync(i);
        }

        Network.Note("all is well from now on");
    }

    public async Task StopAsync()
    {
        foreach (var node in Alive.ToList())
            await node.StopAsync();
    }

    /// <summary>Whether a host was paused at some time between two times.</summary>
    public bool WasPaused(SimulatedHost host, TimeSpan from, TimeSpan to) =>
        _faults.Exists(fault => fault.Paused == host && fault.From <= to && fault.To >= from);

    /// <summary>Whether frames were lost at random, or there was a fault, or one has just ended, between two times.</summary>
    public bool WasFaulty(TimeSpan from, TimeSpan to, TimeSpan aftermath) =>
        _loss > 0 || _faults.Exists(fault => fault.From <= to && fault.To + aftermath >= from);

    public T Pick<T>(IReadOnlyList<T> items) => items[Network.Random.Next(items.Count)];

    public Task PauseAsync(TimeSpan time) => Task.Delay(time, Network.TimeProvider);

    public Task PauseUpToAsync(TimeSpan longest) => PauseAsync(longest * Math.Pow(Network.Random.NextDouble(), 2));

    private async Task StartNodeAsync(int index)
    {
        var node = await FleetNode.StartAsync(Network, Bus, Hosts[index], _ring, Codec, _defects);
        _all.Add(node);
        _nodes[index] = node;
        Started?.Invoke(node);
    }

    private async Task MakeFaultAsync(int kind, int one, int other)
    {
        switch (kind)
        {
            case 0:
                using (Network.Partition(Hosts[one], Hosts[other]))
                    await PauseUpToAsync(TimeSpan.FromSeconds(15));
                break;
            case 1:
                using (Network.PartitionOneWay(Hosts[one], Hosts[other]))
                    await PauseUpToAsync(TimeSpan.FromSeconds(15));
                break;
            case 2:
                await EndNodeAsync(one, crash: true);
                break;
            case 3:
                await EndNodeAsync(one, crash: false);
                break;
            case 4:
                using (Bus.Disconnect(Hosts[one]))
                    await PauseUpToAsync(TimeSpan.FromSeconds(10));
                break;
            case 5:
                using (Hosts[one].Pause())
                    await PauseUpToAsync(TimeSpan.FromSeconds(6));
                break;
            default:
                Bus.Loss = 0.5;
                await PauseUpToAsync(TimeSpan.FromSeconds(3));
                break;
        }
    }

    private async Task EndNodeAsync(int index, bool crash)
    {
        if (_nodes[index] is not { } node)
            return;
        _nodes[index] = null;
        await (crash ? node.CrashAsync() : node.StopAsync());
        if (Ended is not null)
            await Ended(node);
        await PauseUpToAsync(TimeSpan.FromSeconds(10));
        if (crash)
            Hosts[index].Restart();
        await StartNodeAsync(index);
    }

    private sealed record Fault(TimeSpan From, TimeSpan To, SimulatedHost? Paused);
}
