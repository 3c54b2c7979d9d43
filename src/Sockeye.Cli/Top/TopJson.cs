using System.Buffers;
using System.Text.Json;

namespace Sockeye.Cli;

/// <summary>Writes a snapshot as one JSON object. Rates are per second, times in milliseconds or seconds as their names
/// say; a value that is not known is absent.</summary>
internal static class TopJson
{
    public static byte[] Write(TopSnapshot snapshot, TimeSpan interval)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new() { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("at", snapshot.At);
            json.WriteNumber("interval_seconds", interval.TotalSeconds);
            json.WriteNumber("total", snapshot.Total);
            json.WriteNumber("matching", snapshot.Matching);
            json.WriteStartObject("rates");
            Number(json, "received_per_second", snapshot.Rates.Received);
            Number(json, "sent_per_second", snapshot.Rates.Sent);
            Number(json, "accepted_per_second", snapshot.Rates.Accepted);
            Number(json, "listen_overflows_per_second", snapshot.Rates.ListenOverflows);
            Number(json, "listen_drops_per_second", snapshot.Rates.ListenDrops);
            Number(json, "retransmitted_segments_per_second", snapshot.Rates.Retransmitted);
            json.WriteEndObject();
            json.WriteStartArray("warnings");
            foreach (var warning in snapshot.Warnings)
                json.WriteStringValue(warning);
            json.WriteEndArray();
            json.WriteStartArray("listeners");
            foreach (var listener in snapshot.Listeners)
                Write(json, listener);
            json.WriteEndArray();
            json.WriteStartArray("connections");
            foreach (var row in snapshot.Rows)
                Write(json, row);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static void Write(Utf8JsonWriter json, TopListener listener)
    {
        json.WriteStartObject();
        json.WriteString("local", listener.EndPoint);
        Number(json, "accept_queue", listener.Queue);
        Number(json, "backlog", listener.Backlog);
        Number(json, "connections", listener.Connections);
        Number(json, "drops", listener.Drops);
        Number(json, "drops_per_second", listener.DropsPerSecond);
        Number(json, "accepted", listener.Accepted);
        Number(json, "accepted_per_second", listener.AcceptedPerSecond);
        Write(json, listener.Owner);
        Text(json, "note", listener.Note);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TopRow row)
    {
        json.WriteStartObject();
        Text(json, "id", row.Id);
        json.WriteString("local", row.Local);
        json.WriteString("remote", row.Remote);
        json.WriteString("state", row.State);
        Text(json, "note", row.Note);
        Number(json, "receive_queue", row.ReceiveQueue);
        Number(json, "send_queue", row.SendQueue);
        Number(json, "received_per_second", row.ReceivedPerSecond);
        Number(json, "sent_per_second", row.SentPerSecond);
        Number(json, "received", row.Received);
        Number(json, "sent", row.Sent);
        Number(json, "rtt_ms", row.RoundTrip?.TotalMilliseconds);
        Number(json, "retransmits", row.Retransmits);
        Number(json, "age_seconds", row.Age?.TotalSeconds);
        if (row.IsOlder)
            json.WriteBoolean("is_older", true);
        Number(json, "idle_seconds", row.Idle?.TotalSeconds);
        if (row.Measures.IsKnown)
        {
            Number(json, "congestion_window", row.Measures.CongestionWindow);
            Number(json, "max_segment_size", row.Measures.MaxSegmentSize);
            Number(json, "unsent", row.Measures.Unsent);
        }

        Number(json, "user", row.UserId);
        Write(json, row.Owner);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SocketOwner? owner)
    {
        if (owner is null)
            return;
        json.WriteNumber("pid", owner.ProcessId);
        json.WriteString("process", owner.Name);
        if (owner.Count > 1)
            json.WriteNumber("sharing_processes", owner.Count);
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is { Length: > 0 })
            json.WriteString(name, value);
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
            json.WriteNumber(name, Math.Round(number, 3));
    }
}
