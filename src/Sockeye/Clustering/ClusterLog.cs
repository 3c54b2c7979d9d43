using Microsoft.Extensions.Logging;
using Sockeye.Clustering;

namespace Sockeye;

/// <summary>The log lines of a cluster.</summary>
internal static partial class ClusterLog
{
    [LoggerMessage(1900, LogLevel.Information, "Node {Node} has started in cluster {Cluster} with the engine {Engine}.")]
    public static partial void Started(ILogger logger, ClusterNode node, string cluster, string engine);

    [LoggerMessage(1901, LogLevel.Information, "Node {Node} has joined.")]
    public static partial void Joined(ILogger logger, ClusterNode node);

    [LoggerMessage(1902, LogLevel.Information, "Node {Node} has left.")]
    public static partial void Left(ILogger logger, ClusterNode node);

    [LoggerMessage(1903, LogLevel.Warning, "Node {Node} is lost: it has crashed, is cut off or hangs. Its connections are "
        + "gone for this node; its last messages may be missing.")]
    public static partial void Lost(ILogger logger, ClusterNode node);

    [LoggerMessage(1904, LogLevel.Warning, "Node {Node} is back, and has not restarted: it was cut off or hung. What it sent "
        + "in the meantime is compared now.")]
    public static partial void Returned(ILogger logger, ClusterNode node);

    [LoggerMessage(1905, LogLevel.Information, "The engine is connected: {Detail}.")]
    public static partial void Connected(ILogger logger, string detail);

    [LoggerMessage(1906, LogLevel.Warning, "The engine is not connected: {Detail}. Messages between connections of this node are "
        + "delivered; messages to other nodes wait up to MaxQueuedBytes.")]
    public static partial void Disconnected(ILogger logger, string detail);

    [LoggerMessage(1907, LogLevel.Warning, "Messages between nodes may be lost: {Cause}. The numbers are compared now.")]
    public static partial void Loss(ILogger logger, string cause);

    [LoggerMessage(1908, LogLevel.Warning, "Group {Group} on this node has missed {Count} messages of node {Node}, from number "
        + "{Number} on: {Reason}. Gaps since the last such line: {Gaps}.")]
    public static partial void Gap(
        ILogger logger, string group, long count, string node, ulong number, string reason, long gaps);

    [LoggerMessage(1909, LogLevel.Warning, "A frame of another node was ignored: {Reason}. Such frames since the last line: "
        + "{Frames}.")]
    public static partial void BadFrame(ILogger logger, string reason, long frames);

    [LoggerMessage(1910, LogLevel.Error, "The function {Function} of the cluster's options threw.")]
    public static partial void CallbackFailed(ILogger logger, string function, Exception exception);

    [LoggerMessage(1911, LogLevel.Error, "The cluster could not do its regular work; it tries again.")]
    public static partial void TickFailed(ILogger logger, Exception exception);

    [LoggerMessage(1912, LogLevel.Error, "The subscription to group {Group} failed: it misses messages of other nodes until the "
        + "next try.")]
    public static partial void SubscribeFailed(ILogger logger, string group, Exception exception);

    [LoggerMessage(1913, LogLevel.Warning, "This node was paused for {Pause}: silence of other nodes in that time does "
        + "not count.")]
    public static partial void Paused(ILogger logger, TimeSpan pause);
}
