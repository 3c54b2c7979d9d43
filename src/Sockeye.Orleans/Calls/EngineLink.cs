using Microsoft.Extensions.Logging;
using Sockeye.Clustering;

namespace Sockeye.Orleans;

/// <summary>The context that the parts of one started engine share.</summary>
internal sealed class EngineLink
{
    /// <summary>The name of the public class, for exceptions.</summary>
    public const string EngineName = "Sockeye.Orleans.OrleansClusterEngine";

    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(1);

    private LogThrottle? _topicFailures;

    public required ClusterEngineContext Context { get; init; }

    public required NodeIdentity Self { get; init; }

    public required ClusterNodeClient Nodes { get; init; }

    public required IGrainFactory Grains { get; init; }

    public required IClusterMembershipService Membership { get; init; }

    public required ILogger Log { get; init; }

    /// <summary>Gets the token that is cancelled when the engine is disposed.</summary>
    public required CancellationToken Stopping { get; init; }

    /// <summary>Gets the topics to which this node subscribes.</summary>
    public TopicInterests Interests { get; } = new();

    public string Cluster => Context.ClusterName;

    public IClusterEngineEvents Events => Context.Events;

    public ITopicGrain Topic(string topic) => Grains.GetGrain<ITopicGrain>(TopicKey.Create(Cluster, topic));

    public SiloStatus GetStatus(SiloAddress silo) => Membership.CurrentSnapshot.GetSiloStatus(silo);

    /// <summary>Waits before another attempt: 50 ms after the first failure, up to 1 s.</summary>
    public Task DelayAsync(int failures, CancellationToken cancellationToken) => Task.Delay(
        TimeSpan.FromMilliseconds(Math.Min(MaxRetryDelay.TotalMilliseconds, 25 << Math.Min(failures, 10))),
        Context.TimeProvider, cancellationToken);

    /// <summary>Logs a call to a grain that failed, and that is repeated: one line a minute.</summary>
    public void LogTopicFailure(string topic, Exception exception)
    {
        // Two threads that create one each log one line more.
        if ((_topicFailures ??= new(Context.TimeProvider)).TryLog(out var count))
            EngineLog.TopicFailed(Log, topic, count, exception.Message);
    }
}
