using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Reports that a limit keeps clients in the accept queue: counted each time, logged at most once a minute.</summary>
internal sealed partial class BacklogNotice(string limit, PipelineContext pipeline, string why)
{
    private readonly KeyValuePair<string, object?> _tag = MetricTags.CreateLimitTag(limit);
    private readonly ListenOptions _listen = pipeline.Listen;
    private readonly ILogger _logger = pipeline.Server.Logger;
    private readonly LogThrottle _throttle = new(pipeline.Server.Time);

    public void Notify()
    {
        ServerMetrics.OnHeld(_tag);
        if (_throttle.TryLog(out var count))
            LogLeavingInBacklog(limit, _listen, count, why);
    }

    [LoggerMessage(1301, LogLevel.Information,
        "{Limit} on {Listen} leaves new clients in the accept queue: {Count} times since the last such line, because {Why}.")]
    private partial void LogLeavingInBacklog(string limit, ListenOptions listen, long count, string why);
}
