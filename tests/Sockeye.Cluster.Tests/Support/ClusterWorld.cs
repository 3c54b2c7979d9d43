using System.Globalization;

namespace Sockeye.Clustering.Tests.Support;

/// <summary>The nodes of one test, on one kind of engine.</summary>
internal abstract class ClusterWorld : IAsyncDisposable
{
    private readonly List<WorldNode> _nodes = [];

    public CountingCodec Codec { get; } = new();

    /// <summary>The interval of beats: the time in which nodes find each other.</summary>
    public virtual TimeSpan BeatInterval => TimeSpan.FromSeconds(1);

    /// <summary>Starts a node, and waits until all nodes see each other.</summary>
    public async Task<WorldNode> StartAsync(string name, Action<ClusterOptions>? configure = null)
    {
        var node = new WorldNode(this);
        node.Cluster = await Cluster.StartAsync(options =>
        {
            Configure(options, name);
            options.NodeName = name;
            options.BeatInterval = BeatInterval;
            options.NodeTimeout = 4 * BeatInterval;
            options.UseEngine(() => node.Engine = new SpyEngine(CreateEngine(name)));
            options.AddMessage(Codec, "text");
            options.LoggerFactory = node.Log;
            options.OnGap = node.Add;
            options.OnNodeChanged = node.Add;
            configure?.Invoke(options);
        });
        _nodes.Add(node);
        await UntilAsync(
            () => _nodes.TrueForAll(
                each => !each.IsRunning || each.Cluster.OtherNodes.Count == _nodes.Count(one => one.IsRunning) - 1),
            $"all nodes see {name}");
        return node;
    }

    public async Task<WorldNode[]> StartAsync(int count, Action<ClusterOptions>? configure = null)
    {
        var nodes = new WorldNode[count];
        for (var i = 0; i < count; i++)
            nodes[i] = await StartAsync($"n{i}", configure);
        return nodes;
    }

    public abstract Task UntilAsync(Func<bool> condition, string what);

    /// <summary>Waits until messages of each node reach the members of a group on all others, and forgets what was received.
    /// </summary>
    public async Task UntilRoutedAsync(string group, params WorldMember[] members)
    {
        var senders = _nodes.Where(node => node.IsRunning).ToList();
        List<Task> sending = [];
        var round = 0;
        // A subscription may not be known everywhere: probes follow until one of each node has arrived everywhere.
        await UntilAsync(
            () =>
            {
                round++;
                SendFromAll($"probe {{0}} {round}");
                return members.All(member => senders.TrueForAll(node => HasProbe(member, node)));
            },
            "all are routed");
        SendFromAll("end of probes {0}");
        await UntilAsync(
            () => members.All(member => senders.TrueForAll(
                node => member.Lines.Contains($"end of probes {node.Cluster.Self.Name}"))),
            "the last probes have arrived");
        foreach (var task in sending)
            await task;
        foreach (var member in members)
            member.Clear();

        void SendFromAll(string format) => sending.AddRange(senders.Select(node => node.Group(group)
            .BroadcastAsync(string.Format(CultureInfo.InvariantCulture, format, node.Cluster.Self.Name)).AsTask()));
    }

    /// <summary>Whether <see cref="HoldAsync"/> holds the frames for one node only, and not all that pass through a server.
    /// </summary>
    public abstract bool HoldsOneNode { get; }

    /// <summary>Lets frames of a node for another one wait in a bounded queue, until the result is disposed.</summary>
    public abstract Task<IAsyncDisposable> HoldAsync(WorldNode sender, WorldNode slow);

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.StopAsync();
    }

    private static bool HasProbe(WorldMember member, WorldNode node) =>
        member.Lines.Any(line => line.StartsWith($"probe {node.Cluster.Self.Name} ", StringComparison.Ordinal));

    protected abstract IClusterEngine CreateEngine(string name);

    protected abstract void Configure(ClusterOptions options, string name);
}
