using Sockeye.Testing;

namespace Sockeye.Clustering.Tests.Support;

/// <summary>Nodes on a simulated network.</summary>
internal sealed class SimulatedWorld(SimulatedNetwork network) : ClusterWorld
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, SimulatedHost> _hosts = [];

    public SimulatedNetwork Network => network;

    public SimulatedBus Bus { get; } = new(network);

    public static void Run(Func<SimulatedWorld, Task> test, int seed = 1) => SimulatedNetwork.Run(seed, async network =>
    {
        network.Jitter = TimeSpan.FromMilliseconds(2);
        await using var world = new SimulatedWorld(network);
        await test(world);
    });

    public SimulatedHost Host(WorldNode node) => _hosts[node.Cluster.Self.Name];

    public Task PassAsync(TimeSpan time) => Task.Delay(time, network.TimeProvider);

    public Task PassBeatsAsync(double beats) => PassAsync(beats * BeatInterval);

    public override async Task UntilAsync(Func<bool> condition, string what)
    {
        var begun = network.Elapsed;
        while (!condition())
        {
            Assert.True(network.Elapsed - begun < Limit, $"It did not happen in {Limit}: {what}.");
            await PassAsync(TimeSpan.FromMilliseconds(10));
        }
    }

    public override bool HoldsOneNode => false;

    public override Task<IAsyncDisposable> HoldAsync(WorldNode sender, WorldNode slow) =>
        Task.FromResult<IAsyncDisposable>(new HeldBus(Bus.Disconnect(Host(sender))));

    protected override IClusterEngine CreateEngine(string name) => Bus.CreateEngine(GetHost(name));

    protected override void Configure(ClusterOptions options, string name) => options.UseSimulation(Bus, GetHost(name));

    private SimulatedHost GetHost(string name)
    {
        if (!_hosts.TryGetValue(name, out var host))
            _hosts.Add(name, host = network.AddHost(name));
        return host;
    }

    private sealed class HeldBus(IDisposable away) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            away.Dispose();
            return default;
        }
    }
}
