using System.Collections.Concurrent;

namespace Sockeye.Cli;

/// <summary>Records the answers of a period. Each thread writes to a shard that only it writes, so that recording needs neither
/// locks nor atomic operations.</summary>
/// <param name="start">The timestamp from which answers count: the end of the warm-up.</param>
/// <param name="end">The timestamp until which they count for the rate.</param>
/// <param name="hasPlan">Whether requests have a planned start. Otherwise, one series is recorded for both.</param>
internal sealed class LoadRecorder(long start, long end, bool hasPlan)
{
    [ThreadStatic]
    private static LoadShard? _current;

    private readonly ConcurrentDictionary<int, LoadShard> _shards = [];
    private long _end = end;

    public long Start => start;

    public long End
    {
        get => Volatile.Read(ref _end);
        set => Volatile.Write(ref _end, value);
    }

    /// <summary>The number of all answers until now, also of those before the start and after the end.</summary>
    public long All => _shards.Values.Sum(shard => shard.All);

    /// <summary>The shard of the calling thread.</summary>
    public LoadShard Shard => _current is { } shard && shard.Owner == this ? shard : SelectShard();

    /// <summary>Adds the current state of all shards to these totals.</summary>
    public void AddTo(LoadTotals totals)
    {
        foreach (var shard in _shards.Values)
            shard.AddTo(totals);
    }

    private LoadShard SelectShard() => _current = _shards.GetOrAdd(
        Environment.CurrentManagedThreadId,
        static (_, state) => new(state.Owner, state.HasPlan), (Owner: this, HasPlan: hasPlan));
}
