using System.Collections.Concurrent;

namespace Sockeye.Orleans;

/// <summary>The topics whose grains this silo hosts, by the key of the grain.</summary>
internal sealed class HostedTopics(IClusterMembershipService membership, ILocalSiloDetails silo)
{
    private readonly ConcurrentDictionary<string, HostedTopic> _topics = new(StringComparer.Ordinal);
    private long _count;

    public HostedTopic Add(string key, Action deactivate)
    {
        // Each activation takes its own number; nothing else is ordered by it.
        var era = new TopicEra(silo.SiloAddress, Interlocked.Increment(ref _count));
        return _topics[key] = new(new(era), deactivate);
    }

    public void Remove(string key, HostedTopic topic) => _topics.TryRemove(new KeyValuePair<string, HostedTopic>(key, topic));

    public string[] FindStale(string cluster, KnownTopic[] topics) =>
    [
        .. topics
            .Where(topic => !_topics.TryGetValue(TopicKey.Create(cluster, topic.Topic), out var hosted)
                || !hosted.Members.Matches(topic))
            .Select(topic => topic.Topic),
    ];

    public void RemoveEnded(string cluster, NodeIdentity node) =>
        Change(members => members.RemoveEnded(node), key => TopicKey.Split(key).Cluster == cluster);

    /// <summary>Removes the nodes of dead silos from all topics.</summary>
    public void RemoveDead()
    {
        var snapshot = membership.CurrentSnapshot;
        Change(members => members.RemoveSilos(address => snapshot.GetSiloStatus(address) is SiloStatus.Dead), _ => true);
    }

    private void Change(Action<TopicMembers> change, Predicate<string> isMeant)
    {
        foreach (var (key, topic) in _topics)
        {
            if (!isMeant(key))
                continue;
            change(topic.Members);
            topic.EndIfEmpty();
        }
    }
}
