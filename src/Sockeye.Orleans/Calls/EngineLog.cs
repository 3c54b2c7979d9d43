using Microsoft.Extensions.Logging;

namespace Sockeye.Orleans;

/// <summary>The log of the engine.</summary>
internal static partial class EngineLog
{
    [LoggerMessage(5100, LogLevel.Information, "Node {Node} of cluster {Cluster} runs on silo {Silo}")]
    public static partial void Started(ILogger log, string node, string cluster, string silo);

    [LoggerMessage(5101, LogLevel.Information, "Node {Node} is up on silo {Silo}")]
    public static partial void NodeUp(ILogger log, string node, string silo);

    [LoggerMessage(5102, LogLevel.Warning, "Node {Node} is gone from silo {Silo}")]
    public static partial void NodeDown(ILogger log, string node, string silo);

    [LoggerMessage(5103, LogLevel.Warning, "A call to node {Node} with {Frames} frames failed: {Cause}")]
    public static partial void CallFailed(ILogger log, string node, int frames, string cause);

    [LoggerMessage(5104, LogLevel.Warning,
        "Calls to grains of topics fail and are repeated, {Count} since the last line, now of topic {Topic}: {Cause}")]
    public static partial void TopicFailed(ILogger log, string topic, long count, string cause);

    [LoggerMessage(5105, LogLevel.Warning,
        "The membership settings of the silo notice a dead node after up to {Detection}, later than the node timeout of the "
        + "cluster, {NodeTimeout}: pass the timeout to UseSockeyeCluster, or set ClusterMembershipOptions")]
    public static partial void SlowMembership(ILogger log, TimeSpan detection, TimeSpan nodeTimeout);

    [LoggerMessage(5106, LogLevel.Warning,
        "The routes of topic {Topic} were lost with their silo and rebuilt: {Count} nodes are new")]
    public static partial void RoutesRebuilt(ILogger log, string topic, int count);

    [LoggerMessage(5107, LogLevel.Warning, "The membership table cannot be read: {Cause}")]
    public static partial void TableFailed(ILogger log, string cause);

    [LoggerMessage(5108, LogLevel.Information, "The membership table can be read again")]
    public static partial void TableRecovered(ILogger log);

    [LoggerMessage(5109, LogLevel.Warning, "Silo {Silo} has not answered {Attempts} introductions: {Cause}")]
    public static partial void IntroductionFailed(ILogger log, string silo, int attempts, string cause);
}
