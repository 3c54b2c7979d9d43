using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Refuses clients on behalf of one limit. Each is counted; in the log one line speaks for many.</summary>
internal sealed partial class Refusals(string limit, ListenOptions listen)
{
    /// <summary>A flood of clients must not become a flood of lines.</summary>
    internal static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = new SafeLogger(listen.Server.LoggerFactory.CreateLogger("Sockeye.Server"));
    private readonly TimeProvider _time = listen.Server.TimeProvider;
    private readonly KeyValuePair<string, object?> _tag = new("limit", limit);
    private readonly Lock _lock = new();
    private long? _logged;
    private long _count;

    /// <summary>Does to the client what was chosen. The caller returns then, without serving it.</summary>
    public async Task RefuseAsync(ConnectionContext connection, LimitAction action, CloseCause cause, string description)
    {
        ServerMetrics.Rejected.Add(1, _tag);
        Tell(connection, description);
        var reason = CloseReason.Refused(cause, description);
        if (action.Message.IsEmpty)
        {
            connection.Abort(reason);
            return;
        }

        // Given before the end: when the connection is closed now, in order, this is why.
        connection.Explain(reason);
        await connection.Transport.Output.WriteAsync(action.Message);
    }

    private void Tell(ConnectionContext connection, string description)
    {
        long count;
        lock (_lock)
        {
            _count++;
            if (_logged is { } last && _time.GetElapsedTime(last) < LogInterval)
                return;
            (count, _count, _logged) = (_count, 0, _time.GetTimestamp());
        }

        LogRefusing(limit, listen, count, connection.RemoteEndPoint, description);
    }

    [LoggerMessage(1300, LogLevel.Warning,
        "{Limit} on {Listen} refuses clients: {Count} since the last such line. The latest is {RemoteEndPoint}: {Description}.")]
    private partial void LogRefusing(
        string limit, ListenOptions listen, long count, System.Net.EndPoint? remoteEndPoint, string description);
}
