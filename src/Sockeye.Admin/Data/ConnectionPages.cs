using System.Net;

namespace Sockeye.Admin;

/// <summary>Finds, orders and describes the connections of one page.</summary>
internal sealed class ConnectionPages(SockeyeServer server, TimeProvider time)
{
    private readonly ConnectionSnapshots _snapshots = new(server, time);

    public ConnectionsView Get(ConnectionQuery query)
    {
        var snapshot = _snapshots.Take();
        List<int> indexes = new(snapshot.Connections.Count);
        for (var i = 0; i < snapshot.Connections.Count; i++)
        {
            if (Matches(snapshot.Connections[i], query))
                indexes.Add(i);
        }

        ConnectionOrder.Sort(indexes, snapshot, query.Sort, query.Descending);
        var offset = Math.Min(query.Offset, Math.Max(0, indexes.Count - 1) / query.Limit * query.Limit);
        var rows = indexes.Skip(offset).Take(query.Limit).Select(index => RowOf(snapshot, index));
        return new(snapshot.Connections.Count, indexes.Count, offset, [.. rows]);
    }

    private static bool Matches(ServerConnectionInfo connection, ConnectionQuery query) =>
        (query.State.Length == 0 || HasState(connection, query.State))
        && (query.Listener.Length == 0 || Names.GetName(connection.ListenerEndPoint) == query.Listener)
        && (query.Text.Length == 0 || Has(connection.ConnectionId, query.Text) || Has(connection.RemoteEndPoint, query.Text)
            || Has(connection.LocalEndPoint, query.Text) || Has(connection.ProxyEndPoint, query.Text)
            || Has(connection.CloseReason?.Description, query.Text));

    private static bool HasState(ServerConnectionInfo connection, string state) => state switch
    {
        "readPaused" => connection.IsReadPaused,
        "sendBlocked" => connection.IsSendBlocked,
        _ => Names.GetName(connection.State) == state,
    };

    private static bool Has(EndPoint? endpoint, string text) => endpoint is not null && Has(Names.GetName(endpoint), text);

    private static bool Has(string? whole, string text) =>
        whole is not null && whole.Contains(text, StringComparison.OrdinalIgnoreCase);

    /// <summary>Makes one system call for each visible connection, and none for the others.</summary>
    private static ConnectionRow RowOf(ConnectionSnapshot snapshot, int index)
    {
        var connection = snapshot.Connections[index];
        var rate = snapshot.Rates[index];
        var kernel = connection.GetTcpInfo();
        return new(
            connection.ConnectionId,
            Names.GetName(connection.ListenerEndPoint),
            connection.LocalEndPoint?.ToString(),
            connection.RemoteEndPoint?.ToString(),
            connection.ProxyEndPoint?.ToString(),
            Names.GetName(connection.State),
            connection.IsReadPaused,
            connection.IsSendBlocked,
            connection.ReadPausedFor.TotalSeconds,
            connection.SendBlockedFor.TotalSeconds,
            connection.Age.TotalSeconds,
            connection.IdleTime?.TotalSeconds,
            connection.BytesReceived,
            connection.BytesSent,
            rate?.Received,
            rate?.Sent,
            kernel?.RoundTripTime?.TotalSeconds,
            kernel?.Retransmits,
            kernel?.UnsentBytes,
            connection.CloseReason?.Description);
    }
}
