using System.Collections.Concurrent;
using System.Text;

namespace Sockeye.Clustering;

/// <summary>The groups of this node that are in use. Safe to call from any thread.</summary>
internal sealed class GroupDirectory(
    ClusterLink link, NodeTable nodes, PresenceDirectory presence, ConnectionRegistry connections, Action<GroupGap> onGap)
{
    /// <summary>The maximum length of the name of a group in bytes of UTF-8.</summary>
    public const int MaxNameBytes = 512;

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, IGroupTopic> _topics = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ulong, IGroupTopic> _byHash = new();
    private uint _lastSeries;

    public int Count => _topics.Count;

    public IEnumerable<IGroupTopic> Topics => _topics.Values;

    /// <summary>Returns the group of a name, which begins if it is not in use.</summary>
    /// <exception cref="InvalidOperationException">The group is in use with another type of message or other options.</exception>
    public GroupTopic<TMessage> GetOrAdd<TMessage>(string name, Codec<TMessage> codec, ClusterGroupOptions options)
    {
        if (!_topics.TryGetValue(name, out var found) || found.IsRetired)
        {
            lock (_lock)
            {
                if (!_topics.TryGetValue(name, out found) || found.TryRetire())
                {
                    found = new GroupTopic<TMessage>(
                        link, nodes, name, codec, options, ++_lastSeries, new(presence, connections, name), onGap);
                    _topics[name] = found;
                    _byHash[TopicHash.Compute(name)] = found;
                }
            }
        }

        if (found is not GroupTopic<TMessage> topic)
        {
            throw new InvalidOperationException(
                $"The group \"{name}\" carries {found.MessageType}, not {typeof(TMessage)}: use another name for this one.");
        }

        return topic.Options.HasSameValues(options)
            ? topic
            : throw new InvalidOperationException(
                $"The group \"{name}\" is in use with other options: pass the same ClusterGroupOptions wherever it is used.");
    }

    public IGroupTopic? Find(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[MaxNameBytes];
        if (name.Length > MaxNameBytes || !Encoding.UTF8.TryGetChars(name, text, out var length))
            throw new InvalidDataException($"the name of its group has {name.Length} bytes, more than {MaxNameBytes}");
        return _topics.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[..length], out var topic) ? topic : null;
    }

    public IGroupTopic? Find(ulong hash) => _byHash.GetValueOrDefault(hash);

    /// <summary>The regular work of all groups.</summary>
    public void Check()
    {
        foreach (var topic in _topics.Values)
        {
            topic.Check();
            if (!topic.TryRetire())
                continue;
            lock (_lock)
            {
                // A successor may be there already.
                _topics.TryRemove(new(topic.Name, topic));
                _byHash.TryRemove(new(TopicHash.Compute(topic.Name), topic));
            }
        }
    }

    public void OnNodeForgotten(ulong incarnation)
    {
        foreach (var topic in _topics.Values)
            topic.OnNodeForgotten(incarnation);
    }
}
