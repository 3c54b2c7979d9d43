using System.Collections.Concurrent;

namespace Sockeye.Nats;

/// <summary>A cache of computed values that forgets those that were not used for long.</summary>
/// <remarks>It has two generations. A value that is used in the old one moves to the new one. When the new one is full, it
/// becomes the old one, and the values of the previous old one are forgotten. A hit in the new one takes no lock.</remarks>
/// <param name="capacity">The maximum number of values in each generation.</param>
/// <param name="create">Computes the value of a key.</param>
internal sealed class BoundedCache<TKey, TValue>(int capacity, Func<TKey, TValue> create)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private volatile ConcurrentDictionary<TKey, TValue> _recent = new();
    private ConcurrentDictionary<TKey, TValue> _old = new();
    private int _count;

    public TValue Get(TKey key) => _recent.TryGetValue(key, out var value) ? value : Add(key);

    private TValue Add(TKey key)
    {
        lock (_lock)
        {
            if (_recent.TryGetValue(key, out var value))
                return value;
            if (!_old.TryGetValue(key, out value))
                value = create(key);
            if (_count == capacity)
                (_old, _recent, _count) = (_recent, new(), 0);
            _recent[key] = value;
            _count++;
            return value;
        }
    }
}
