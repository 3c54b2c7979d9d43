using Microsoft.Extensions.Logging;

namespace Sockeye.Clustering;

/// <summary>The data that an engine needs of the cluster that starts it.</summary>
public sealed class ClusterEngineContext
{
    /// <summary>Gets the name of the cluster. Clusters with different names on the same servers do not see each other. It has 1
    /// to 64 letters, digits, '-' and '_'.</summary>
    public required string ClusterName { get; init; }

    /// <summary>Gets this node.</summary>
    public required ClusterNode Self { get; init; }

    /// <summary>Gets the receiver of frames and events.</summary>
    public required IClusterEngineEvents Events { get; init; }

    /// <summary>Gets the maximum number of bytes that wait in each queue to another node, or to a server that routes.</summary>
    public required long MaxQueuedBytes { get; init; }

    /// <summary>Gets the policy for a queue that is full.</summary>
    public required SlowNodePolicy SlowNode { get; init; }

    /// <summary>Gets the time after which a silent node is gone. An engine with membership configures it accordingly.</summary>
    public required TimeSpan NodeTimeout { get; init; }

    /// <summary>Gets the clock.</summary>
    public required TimeProvider TimeProvider { get; init; }

    /// <summary>Gets the factory of loggers.</summary>
    public required ILoggerFactory LoggerFactory { get; init; }
}
