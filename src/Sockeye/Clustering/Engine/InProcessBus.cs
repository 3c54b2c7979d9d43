using System.Collections.Immutable;

namespace Sockeye.Clustering;

/// <summary>Connects clusters in one process: for a program that runs on one node, and for tests with several.</summary>
/// <remarks>Safe to call from any thread.</remarks>
public sealed class InProcessBus
{
    private ImmutableArray<InProcessEngine> _engines = [];

    internal ImmutableArray<InProcessEngine> Engines => _engines;

    /// <summary>Returns an engine for one more node on the bus.</summary>
    public IClusterEngine CreateEngine() => new InProcessEngine(this);

    internal void Add(InProcessEngine engine) => ImmutableInterlocked.Update(ref _engines, engines => engines.Add(engine));

    internal void Remove(InProcessEngine engine) => ImmutableInterlocked.Update(ref _engines, engines => engines.Remove(engine));
}
