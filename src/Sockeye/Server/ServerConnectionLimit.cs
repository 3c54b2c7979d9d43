using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>The server's own limit on open connections, over all its listeners: <c>MaxConnections</c>. A reload may change
/// it.</summary>
internal sealed partial class ServerConnectionLimit
{
    private const string MaxConnections = nameof(SockeyeServerOptions.MaxConnections);

    private readonly Refusal _refusal;
    private readonly LogThrottle _backlogThrottle;
    private readonly ILogger _logger;
    private volatile Setting _setting;
    private int _count;
    private int _isRejecting;

    public ServerConnectionLimit(ServerConfiguration configuration, CoarseTimer timer, ILogger logger)
    {
        (_refusal, _backlogThrottle, _logger) = (new(timer), new(configuration.TimeProvider), logger);
        _setting = Setting.Create(configuration);
    }

    /// <summary>Wakes accept loops that wait for a free descriptor.</summary>
    public AsyncPulse Released { get; } = new();

    /// <summary>The number of served connections that are open.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Creates the gate of <see cref="LimitAction.LeaveInBacklog"/>; null if excess clients are refused.</summary>
    public AcceptPermits? CreatePermits(ServerConfiguration configuration)
    {
        var maxConnections = configuration.MaxConnections;
        return configuration.AtMaxConnections == LimitAction.LeaveInBacklog
            ? new(MaxConnections, maxConnections, () => OnPermitsExhausted(maxConnections))
            : null;
    }

    public void Change(ServerConfiguration configuration) => _setting = Setting.Create(configuration);

    /// <summary>Counts a new connection. Returns false if it exceeds the limit.</summary>
    public bool TryEnter()
    {
        var setting = _setting;
        // With permits, an excess client is counted, too, and waits for its permit.
        var most = setting.Action == LimitAction.LeaveInBacklog ? int.MaxValue : setting.MaxConnections;
        // Counted before the comparison, so that two concurrent loops cannot exceed the limit.
        if (Interlocked.Increment(ref _count) > most)
        {
            Leave();
            return false;
        }

        Volatile.Write(ref _isRejecting, 0);
        return true;
    }

    /// <summary>Counts a connection that another server has let in, even if it exceeds the limit.</summary>
    public void EnterExisting() => Interlocked.Increment(ref _count);

    public void Leave()
    {
        var left = Interlocked.Decrement(ref _count);
        Debug.Assert(left >= 0, "A connection leaves once.");
        Released.Pulse();
    }

    /// <summary>Refuses a client that <see cref="TryEnter"/> did not count. The task throws nothing.</summary>
    public Task<CloseReason> RefuseAsync(ConnectionContext connection)
    {
        var (maxConnections, action) = _setting;
        ServerMetrics.OnRejected(MetricTags.CreateLimitTag(MaxConnections));
        if (Interlocked.Exchange(ref _isRejecting, 1) == 0)
        {
            var outcome = action == LimitAction.Reset ? "is reset" : "gets a message and is closed";
            LogRejecting(_logger, maxConnections, MaxConnections, connection.RemoteEndPoint, outcome);
        }

        var reason = CloseReason.Refused(
            CloseCause.Limit,
            new($"the server has reached its maximum number of connections, {maxConnections}", MaxConnections));
        return EndAsync(connection, action, reason);
    }

    private async Task<CloseReason> EndAsync(ConnectionContext connection, LimitAction action, CloseReason reason)
    {
        await _logger.GuardAsync("refusing", connection.ConnectionId, async () =>
        {
            await _refusal.EndAsync(connection, action, reason);
            await connection.DisposeAsync();
        });
        return reason;
    }

    private void OnPermitsExhausted(int maxConnections)
    {
        ServerMetrics.OnHeld(MetricTags.CreateLimitTag(MaxConnections));
        if (_backlogThrottle.TryLog(out _))
            LogLeavingInBacklog(_logger, maxConnections, MaxConnections);
    }

    [LoggerMessage(1003, LogLevel.Warning,
        "All {MaxConnections} connections are in use ({Option}): {RemoteEndPoint} and further clients {Fate}.")]
    private static partial void LogRejecting(
        ILogger logger, int maxConnections, string option, EndPoint? remoteEndPoint, string fate);

    [LoggerMessage(1302, LogLevel.Warning,
        "All {MaxConnections} connections are in use ({Option}): new clients wait in the accept queue (LeaveInBacklog).")]
    private static partial void LogLeavingInBacklog(ILogger logger, int maxConnections, string option);

    private sealed record Setting(int MaxConnections, LimitAction Action)
    {
        public static Setting Create(ServerConfiguration configuration) =>
            new(configuration.MaxConnections, configuration.AtMaxConnections);
    }
}
