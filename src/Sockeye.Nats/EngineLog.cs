using Microsoft.Extensions.Logging;

namespace Sockeye.Nats;

/// <summary>The log of an engine. A line that can repeat is written at most once a minute, with the number of events.</summary>
internal sealed partial class EngineLog(ClusterEngineContext context)
{
    private readonly ILogger _logger = context.LoggerFactory.CreateLogger("Sockeye.Nats");
    private readonly LogThrottle _losses = new(context.TimeProvider);
    private readonly LogThrottle _attempts = new(context.TimeProvider);
    private readonly LogThrottle _sizes = new(context.TimeProvider);
    private readonly LogThrottle _errors = new(context.TimeProvider);
    private readonly LogThrottle _faults = new(context.TimeProvider);
    private readonly LogThrottle _foreign = new(context.TimeProvider);
    private readonly LogThrottle _closes = new(context.TimeProvider);

    public void Connected(string server) => LogConnected(context.ClusterName, server);

    public void ConnectionLost(string server, string reason)
    {
        if (_losses.TryLog(out var count))
            LogConnectionLost(context.ClusterName, server, reason, count, context.MaxQueuedBytes);
    }

    public void AttemptFailed(string server, string reason)
    {
        if (_attempts.TryLog(out var count))
            LogAttemptFailed(context.ClusterName, count, server, reason);
    }

    public void FrameTooLarge(long size, long maxSize, string subject)
    {
        if (_sizes.TryLog(out var count))
            LogFrameTooLarge(context.ClusterName, size, subject, maxSize, count);
    }

    public void ServerError(string server, string error)
    {
        if (_errors.TryLog(out var count))
            LogServerError(context.ClusterName, server, error, count);
    }

    public void ReceiverFailed(Exception error)
    {
        if (_faults.TryLog(out var count))
            LogReceiverFailed(context.ClusterName, count, error);
    }

    public void ForeignMessage(string subject)
    {
        if (_foreign.TryLog(out var count))
            LogForeignMessage(context.ClusterName, subject, count);
    }

    public void CloseFailed(string server, string reason)
    {
        if (_closes.TryLog(out var count))
            LogCloseFailed(context.ClusterName, server, reason, count);
    }

    [LoggerMessage(5000, LogLevel.Information, "Cluster {Cluster} is connected to the NATS server {Server}.")]
    private partial void LogConnected(string cluster, string server);

    [LoggerMessage(5001, LogLevel.Warning,
        "Cluster {Cluster} lost its connection to the NATS server {Server}: {Reason}. That is {Count} since the last such " +
        "line. Until it connects again, frames for other nodes wait, up to {MaxQueuedBytes} bytes.")]
    private partial void LogConnectionLost(string cluster, string server, string reason, long count, long maxQueuedBytes);

    [LoggerMessage(5002, LogLevel.Warning,
        "Cluster {Cluster} cannot connect to NATS: {Count} attempts failed since the last such line; the latest, to {Server}: " +
        "{Reason}. It tries again until it is stopped.")]
    private partial void LogAttemptFailed(string cluster, long count, string server, string reason);

    [LoggerMessage(5003, LogLevel.Error,
        "Cluster {Cluster} dropped a frame of {Size} bytes for {Subject}: the NATS server accepts {MaxSize}. That is {Count} " +
        "since the last such line. Send smaller messages, or raise max_payload in the configuration of every NATS server.")]
    private partial void LogFrameTooLarge(string cluster, long size, string subject, long maxSize, long count);

    [LoggerMessage(5004, LogLevel.Error,
        "Cluster {Cluster} received an error from the NATS server {Server}: {Error}. That is {Count} since the last such line.")]
    private partial void LogServerError(string cluster, string server, string error, long count);

    [LoggerMessage(5005, LogLevel.Error,
        "Cluster {Cluster}: the receiver of a frame threw an exception. That is {Count} since the last such line.")]
    private partial void LogReceiverFailed(string cluster, long count, Exception error);

    [LoggerMessage(5006, LogLevel.Warning,
        "Cluster {Cluster} ignored a message on {Subject} that is not from a node of a Sockeye cluster. That is {Count} since " +
        "the last such line. Find the program that publishes there, or set another SubjectPrefix.")]
    private partial void LogForeignMessage(string cluster, string subject, long count);

    [LoggerMessage(5007, LogLevel.Warning,
        "Cluster {Cluster} could not close its connection to the NATS server {Server} in order: {Reason}. That is {Count} " +
        "since the last such line.")]
    private partial void LogCloseFailed(string cluster, string server, string reason, long count);
}
