using System.Collections.Concurrent;

namespace Sockeye.Orleans;

/// <summary>The hashes of the topics to which this node subscribes. Frames of other topics are late, and are not reported.
/// </summary>
internal sealed class TopicInterests
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<uint, int> _topics = new();

    public bool Contains(uint hash) => _topics.ContainsKey(hash);

    public void Add(uint hash)
    {
        lock (_lock)
            _topics[hash] = _topics.GetValueOrDefault(hash) + 1;
    }

    public void Remove(uint hash)
    {
        lock (_lock)
        {
            if (_topics.GetValueOrDefault(hash) is > 1 and var count)
                _topics[hash] = count - 1;
            else
                _topics.TryRemove(hash, out _);
        }
    }
}
