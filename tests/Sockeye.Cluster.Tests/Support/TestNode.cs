using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sockeye.Clustering.Tests.Support;

/// <summary>A started engine, with what it reports.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(20);

    private static long _incarnations = 0x5f3a_0000_0000_0000 + Environment.ProcessId * 0x1_0000L;

    private int _probes;

    private TestNode(IClusterEngine engine, ClusterNode self)
    {
        Engine = engine;
        Self = self;
    }

    public IClusterEngine Engine { get; }

    public ClusterNode Self { get; }

    public EngineEvents Events { get; } = new();

    /// <summary>Starts an engine, and waits until it is connected.</summary>
    public static async Task<TestNode> StartAsync(IClusterEngine engine, string cluster, string name)
    {
        var node = await StartDisconnectedAsync(engine, cluster, name);
        await node.Events.UntilConnectedAsync();
        return node;
    }

    public static async Task<TestNode> StartDisconnectedAsync(
        IClusterEngine engine, string cluster, string name, long maxQueuedBytes = 64 << 20,
        SlowNodePolicy slowNode = SlowNodePolicy.Drop, ILoggerFactory? log = null)
    {
        var node = new TestNode(engine, new(name, (ulong)Interlocked.Increment(ref _incarnations)));
        await engine.StartAsync(
            new()
            {
                ClusterName = cluster,
                Self = node.Self,
                Events = node.Events,
                MaxQueuedBytes = maxQueuedBytes,
                SlowNode = slowNode,
                NodeTimeout = TimeSpan.FromSeconds(5),
                TimeProvider = TimeProvider.System,
                LoggerFactory = log ?? NullLoggerFactory.Instance,
            },
            TestContext.Current.CancellationToken);
        return node;
    }

    public Task SubscribeAsync(string topic) => Engine.SubscribeAsync(topic, TestContext.Current.CancellationToken)
        .WaitAsync(Limit, TimeProvider.System, TestContext.Current.CancellationToken);

    public void Publish(string topic, string text) =>
        Assert.True(Engine.TryPublish(topic, Encoding.UTF8.GetBytes(text)), $"The queue took no '{text}'.");

    public void Send(ClusterNode node, string text) =>
        Assert.True(Engine.TrySend(node, Encoding.UTF8.GetBytes(text)), $"The queue took no '{text}'.");

    public void Announce(string text) =>
        Assert.True(Engine.TryAnnounce(Encoding.UTF8.GetBytes(text)), $"The queue took no '{text}'.");

    /// <summary>Waits until frames of this node for the topic reach the others. A subscription that is complete on one server
    /// need not have reached the other servers yet.</summary>
    public async Task RouteAsync(string topic, params TestNode[] others)
    {
        foreach (var other in others)
            await ProbeAsync(probe => Publish(topic, probe), other);
    }

    /// <summary>Waits until frames of this node for the other one reach it.</summary>
    public Task RouteAsync(TestNode other) => ProbeAsync(probe => Send(other.Self, probe), other);

    /// <summary>Disposes the engine. If the test has failed, writes what explains frames that are missing.</summary>
    public ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState is { Result: TestResult.Failed })
            TestContext.Current.TestOutputHelper?.WriteLine(Describe());
        return Engine.DisposeAsync();
    }

    private async Task ProbeAsync(Action<string> send, TestNode other)
    {
        var prefix = $"{EngineEvents.ProbePrefix}{Self}:{++_probes}:";
        var arrived = other.Events.UntilAsync(
            events => events.Probes.Any(probe => probe.StartsWith(prefix, StringComparison.Ordinal)), $"a frame of {Self}");
        for (var i = 0; !arrived.IsCompleted; i++)
        {
            send($"{prefix}{i}");
            await Task.WhenAny(arrived, Task.Delay(ProbeInterval, TimeProvider.System, TestContext.Current.CancellationToken));
        }

        await arrived;
    }

    private string Describe() => $"{Self}: {Events.FrameCount} frames, {Engine.GetQueues()}, " +
        $"up [{string.Join("; ", Events.Up)}], down [{string.Join("; ", Events.Down)}], " +
        $"losses [{string.Join("; ", Events.Losses)}], connections [{string.Join("; ", Events.Connections)}]";
}
