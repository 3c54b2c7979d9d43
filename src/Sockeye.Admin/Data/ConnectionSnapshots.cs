namespace Sockeye.Admin;

/// <summary>Snapshots of the connections, with the rates of their bytes.</summary>
/// <remarks>
/// One snapshot serves all requests within <see cref="MaxAge"/>: many viewers cost as much as one. A rate needs a previous
/// snapshot, so the first snapshot has no rates, and neither have connections beyond <see cref="MaxRated"/>.
/// </remarks>
internal sealed class ConnectionSnapshots(SockeyeServer server, TimeProvider time)
{
    public const int MaxRated = 50_000;

    private static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MinRated = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxRatedTime = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private ConnectionSnapshot? _current;
    private Dictionary<string, (long Received, long Sent)> _counts = [];
    private long _countedAt;

    public ConnectionSnapshot Take()
    {
        lock (_lock)
        {
            if (_current is { } current && time.GetElapsedTime(current.Timestamp) < MaxAge)
                return current;
            return _current = Make();
        }
    }

    private ConnectionSnapshot Make()
    {
        var connections = server.GetConnections();
        var now = time.GetTimestamp();
        var elapsed = time.GetElapsedTime(_countedAt, now);
        var rates = new (double Received, double Sent)?[connections.Count];
        if (_counts.Count > 0 && elapsed <= MaxRatedTime)
        {
            for (var i = 0; i < rates.Length; i++)
            {
                if (_counts.TryGetValue(connections[i].ConnectionId, out var before))
                    rates[i] = RateOf(connections[i], before, elapsed);
            }
        }

        if (elapsed >= MinRated || _counts.Count == 0)
        {
            _counts = new(Math.Min(connections.Count, MaxRated));
            foreach (var each in connections.Take(MaxRated))
                _counts[each.ConnectionId] = (each.BytesReceived ?? 0, each.BytesSent ?? 0);
            _countedAt = now;
        }

        return new(connections, rates, now);
    }

    private static (double Received, double Sent)? RateOf(
        ServerConnectionInfo connection, (long Received, long Sent) before, TimeSpan elapsed) =>
        connection is { BytesReceived: { } received, BytesSent: { } sent } && elapsed > TimeSpan.Zero
            ? ((received - before.Received) / elapsed.TotalSeconds, (sent - before.Sent) / elapsed.TotalSeconds)
            : null;
}

/// <param name="Connections">The connections, in the order they were accepted.</param>
/// <param name="Rates">The bytes per second of each; null without a previous snapshot.</param>
/// <param name="Timestamp">The time at which the snapshot was taken.</param>
internal sealed record ConnectionSnapshot(
    IReadOnlyList<ServerConnectionInfo> Connections, (double Received, double Sent)?[] Rates, long Timestamp);
