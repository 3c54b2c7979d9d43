using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Tells that a limit keeps clients in the accept queue: counted each time, logged once a minute at most.</summary>
internal sealed partial class BacklogNotice(string limit, ListenOptions listen, string why)
{
    private readonly ILogger _logger = new SafeLogger(listen.Server.LoggerFactory.CreateLogger("Sockeye.Server"));
    private readonly LogThrottle _pace = new(listen.Server.TimeProvider);
    private readonly KeyValuePair<string, object?> _tag = MetricTags.Limit(limit);

    public void Notify()
    {
        ServerMetrics.OnHeld(_tag);
        if (_pace.TryLog(out var count))
            LogLeavingInBacklog(limit, listen, count, why);
    }

    [LoggerMessage(1301, LogLevel.Information,
        "{Limit} on {Listen} leaves new clients in the accept queue: {Count} times since the last such line, because {Why}.")]
    private partial void LogLeavingInBacklog(string limit, ListenOptions listen, long count, string why);
}
