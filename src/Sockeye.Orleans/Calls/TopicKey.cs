namespace Sockeye.Orleans;

/// <summary>The key of a topic's grain: the name of the cluster, which contains no '/', then '/' and the topic.</summary>
internal static class TopicKey
{
    public static string Create(string cluster, string topic) => $"{cluster}/{topic}";

    public static (string Cluster, string Topic) Split(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            ? (key[..slash], key[(slash + 1)..])
            : throw new ArgumentException($"'{key}' is not the key of a topic: it has no name of a cluster and '/' first.");
    }
}
