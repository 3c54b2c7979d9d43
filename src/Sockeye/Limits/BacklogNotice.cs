using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Reports that a limit keeps clients in the accept queue: counted each time, logged at most once a minute.</summary>
internal sealed partial class BacklogNotice(string limit, ListenOptions listen, string why)
{
    private readonly KeyValuePair<string, object?> _tag = MetricTags.CreateLimitTag(limit);

    // Created when first needed: the server's options are complete only at the start.
    private ILogger Logger => LazyInitializer.EnsureInitialized(
        ref field, () => new SafeLogger(listen.Server.LoggerFactory.CreateLogger("Sockeye.Server")))!;

    private LogThrottle Throttle => LazyInitializer.EnsureInitialized(ref field, () => new(listen.Server.TimeProvider))!;

    public void Notify()
    {
        ServerMetrics.OnHeld(_tag);
        if (Throttle.TryLog(out var count))
            LogLeavingInBacklog(Logger, limit, listen, count, why);
    }

    [LoggerMessage(1301, LogLevel.Information,
        "{Limit} on {Listen} leaves new clients in the accept queue: {Count} times since the last such line, because {Why}.")]
    private static partial void LogLeavingInBacklog(
        ILogger logger, string limit, ListenOptions listen, long count, string why);
}
