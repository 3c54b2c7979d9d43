using System.Diagnostics.CodeAnalysis;

namespace Sockeye.Orleans;

/// <summary>The engines of one silo, one for each cluster.</summary>
internal sealed class LocalEngines
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, RunningEngine> _engines = new(StringComparer.Ordinal);
    private int _epoch;

    /// <summary>Returns the number of an engine that starts.</summary>
    public int NextEpoch()
    {
        lock (_lock)
            return ++_epoch;
    }

    /// <exception cref="InvalidOperationException">The silo has an engine for the cluster.</exception>
    public void Add(string cluster, RunningEngine engine)
    {
        lock (_lock)
        {
            if (!_engines.TryAdd(cluster, engine))
            {
                throw new InvalidOperationException(
                    $"This silo has a node of cluster '{cluster}': give the second one another ClusterName, or another silo.");
            }
        }
    }

    public void Remove(string cluster, RunningEngine engine)
    {
        lock (_lock)
        {
            if (_engines.TryGetValue(cluster, out var present) && present == engine)
                _engines.Remove(cluster);
        }
    }

    public bool TryGet(string cluster, [NotNullWhen(true)] out RunningEngine? engine)
    {
        lock (_lock)
            return _engines.TryGetValue(cluster, out engine);
    }
}
