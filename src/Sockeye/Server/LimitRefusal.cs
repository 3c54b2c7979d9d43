using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Refuses clients on behalf of one limit. Each refusal is counted; one log line covers many.</summary>
internal sealed partial class LimitRefusal(string limit, PipelineContext pipeline)
{
    /// <summary>A flood of clients must not become a flood of lines.</summary>
    internal static readonly TimeSpan LogInterval = LogThrottle.Interval;

    private readonly ListenOptions _listen = pipeline.Listen;
    private readonly ILogger _logger = pipeline.Server.Logger;
    private readonly LogThrottle _throttle = new(pipeline.Server.Time);
    private readonly Refusal _refusal = new(pipeline.Server.Timer);
    private readonly KeyValuePair<string, object?> _tag = MetricTags.CreateLimitTag(limit);

    /// <summary>Ends the connection by the given action. Afterwards, the caller returns without serving it.</summary>
    public Task RefuseAsync(ConnectionContext connection, LimitAction action, CloseCause cause, Explanation explanation)
    {
        ServerMetrics.OnRejected(_tag);
        if (_throttle.TryLog(out var count))
            LogRefusing(limit, _listen, count, connection.RemoteEndPoint, explanation);
        return _refusal.EndAsync(connection, action, CloseReason.Refused(cause, explanation));
    }

    [LoggerMessage(1300, LogLevel.Warning,
        "{Limit} on {Listen} refuses clients: {Count} since the last such line. The latest is {RemoteEndPoint}: {Description}.")]
    private partial void LogRefusing(
        string limit, ListenOptions listen, long count, EndPoint? remoteEndPoint, Explanation description);
}
