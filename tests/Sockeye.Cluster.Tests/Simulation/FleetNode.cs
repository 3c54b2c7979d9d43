using System.Buffers.Binary;
using Sockeye.Clustering.Tests.Support;
using Sockeye.Testing;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>One run of a node in a simulated fleet, and what it has heard.</summary>
internal sealed class FleetNode
{
    public static readonly TimeSpan BeatInterval = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan NodeTimeout = TimeSpan.FromSeconds(4);
    public static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(5);

    private readonly SimulatedNetwork _network;
    private readonly Dictionary<string, TimeSpan> _subscribed = [];
    private readonly Dictionary<ulong, List<TimeSpan>> _beats = [];

    private FleetNode(SimulatedNetwork network, SimulatedHost host) => (_network, Host) = (network, host);

    public SimulatedHost Host { get; }

    public Cluster Cluster { get; private set; } = null!;

    public ClusterNode Self => Cluster.Self;

    public List<GroupGap> Gaps { get; } = [];

    public List<ClusterNodeChange> Changes { get; } = [];

    /// <summary>Whether it was neither crashed nor stopped.</summary>
    public bool IsAlive => EndedAt is null;

    /// <summary>When it crashed or was stopped.</summary>
    public TimeSpan? EndedAt { get; private set; }

    public static async Task<FleetNode> StartAsync(
        SimulatedNetwork network, SimulatedBus bus, SimulatedHost host, int ring, Codec<string> codec, FleetDefects defects)
    {
        var node = new FleetNode(network, host);
        node.Cluster = await Cluster.StartAsync(options =>
        {
            options.UseSimulation(bus, host);
            options.UseEngine(() => node.Spy(bus.CreateEngine(host), defects));
            if (defects.KeepsIncarnation)
                options.Random = new(host.Name.GetHashCode(StringComparison.Ordinal) & 1023);
            options.BeatInterval = BeatInterval;
            options.NodeTimeout = NodeTimeout;
            options.SendTimeout = SendTimeout;
            options.GroupOptions.MaxReplayMessages = ring;
            options.GroupOptions.MaxQueuedMessages = 10_000;
            options.AddMessage(codec, "text");
            options.OnGap = gap =>
            {
                network.Note($"{host.Name} has a gap: {gap}");
                if (!defects.HidesGaps)
                    node.Gaps.Add(gap);
            };
            options.OnNodeChanged = change =>
            {
                network.Note($"{host.Name} sees {change.Node} {change.Kind}");
                node.Changes.Add(change);
            };
        });
        network.Note($"{node.Self} has started");
        return node;
    }

    /// <summary>Whether a beat of a sender was heard after this node had subscribed to the group, in a time.</summary>
    public bool HasHeardBetween(ulong sender, string group, TimeSpan from, TimeSpan to) =>
        _subscribed.TryGetValue(group, out var since)
        && _beats.TryGetValue(sender, out var beats)
        && beats.Exists(beat => beat > since && beat > from && beat < to);

    public async Task StopAsync()
    {
        _network.Note($"{Self} stops");
        EndedAt = _network.Elapsed;
        await Cluster.DisposeAsync();
    }

    public async Task CrashAsync()
    {
        _network.Note($"{Self} crashes");
        EndedAt = _network.Elapsed;
        Host.Crash();
        await Cluster.DisposeAsync();
    }

    private SpyEngine Spy(IClusterEngine engine, FleetDefects defects) => new(engine)
    {
        Outgoing = defects.Outgoing,
        Incoming = OnFrame,
        Subscribed = group => _subscribed.TryAdd(group, _network.Elapsed),
        Unsubscribed = group => _subscribed.Remove(group),
    };

    private bool OnFrame(byte[] frame)
    {
        if (SpyEngine.KindOf(frame) != SpyEngine.Beat)
            return true;
        var sender = BinaryPrimitives.ReadUInt64BigEndian(frame.AsSpan(2));
        if (!_beats.TryGetValue(sender, out var beats))
            _beats.Add(sender, beats = []);
        beats.Add(_network.Elapsed);
        return true;
    }
}
