namespace Sockeye.Clustering.Tests.Support;

/// <summary>Nodes in real time, with short beats. Each world is a cluster of its own, also on servers or silos that worlds share.
/// </summary>
/// <param name="createEngine">Creates the engine of a node, by its name.</param>
/// <param name="holdAsync">Holds the server that routes. Null: frames go from node to node, and a node that does not take them
/// holds them.</param>
internal sealed class RealTimeWorld(Func<string, IClusterEngine> createEngine, Func<Task<IAsyncDisposable>>? holdAsync = null)
    : ClusterWorld
{
    private static int _worlds;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    private readonly string _cluster = $"world-{Environment.ProcessId}-{Interlocked.Increment(ref _worlds)}";

    /// <summary>Not shorter, so that a busy machine loses no node.</summary>
    public override TimeSpan BeatInterval => TimeSpan.FromMilliseconds(500);

    public override async Task UntilAsync(Func<bool> condition, string what)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Limit, $"It did not happen in {Limit}: {what}.");
            await Task.Delay(Interval, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public override bool HoldsOneNode => holdAsync is null;

    public override Task<IAsyncDisposable> HoldAsync(WorldNode sender, WorldNode slow) =>
        holdAsync?.Invoke() ?? Task.FromResult<IAsyncDisposable>(new HeldNode(slow.Engine));

    protected override IClusterEngine CreateEngine(string name) => createEngine(name);

    protected override void Configure(ClusterOptions options, string name) => options.Name = _cluster;

    /// <summary>A node that takes no frame until this is disposed.</summary>
    private sealed class HeldNode : IAsyncDisposable
    {
        private readonly SpyEngine _engine;
        private readonly ManualResetEventSlim _gate = new();

        public HeldNode(SpyEngine engine)
        {
            _engine = engine;
            engine.Incoming = _ =>
            {
                _gate.Wait(Limit);
                return true;
            };
        }

        public ValueTask DisposeAsync()
        {
            _engine.Incoming = static _ => true;
            _gate.Set(); // Not disposed: a frame may be about to wait for it.
            return default;
        }
    }
}
