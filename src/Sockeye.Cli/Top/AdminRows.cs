using System.Globalization;
using System.Text.Json;

namespace Sockeye.Cli;

/// <summary>Reads the connections of an admin page (docs/admin.md).</summary>
internal static class AdminRows
{
    /// <summary>Returns the path of one page of rows.</summary>
    public static string GetQuery(TopQuery query, int offset, int limit) => string.Create(
        CultureInfo.InvariantCulture,
        $"api/connections?sort={query.Sort.ServerSort ?? "age"}&order={(query.IsDescending ? "desc" : "asc")}")
        + string.Create(CultureInfo.InvariantCulture, $"&offset={offset}&limit={limit}")
        + (query.Filter.Word is { } word ? $"&q={Uri.EscapeDataString(word)}" : "");

    /// <summary>Reads one page of rows, with the number of all connections and of those that match.</summary>
    public static (IReadOnlyList<TopRow> Rows, int Total, int Matching) ReadAll(JsonElement page) => (
        [.. page.GetProperty("rows").EnumerateArray().Select(Read)], page.GetProperty("total").GetInt32(),
        page.GetProperty("matching").GetInt32());

    public static IReadOnlyList<TopClosed> ReadAllClosed(JsonElement page) =>
        [.. page.GetProperty("rows").EnumerateArray().Select(ReadClosed)];

    private static TopRow Read(JsonElement row)
    {
        var (readPaused, sendBlocked) = (row.GetProperty("readPaused").GetBoolean(), row.GetProperty("sendBlocked").GetBoolean());
        return new()
        {
            Key = row.GetProperty("id").GetString() ?? "",
            Id = row.GetProperty("id").GetString(),
            Local = Text(row, "local") ?? Text(row, "listener") ?? "",
            Remote = Text(row, "remote") ?? "",
            State = Text(row, "state") ?? "",
            Note = GetNote(
                Text(row, "state"), readPaused ? Time(row, "readPausedFor") : null,
                sendBlocked ? Time(row, "sendBlockedFor") : null, Text(row, "closeReason")),
            ReceivedPerSecond = Number(row, "receivedPerSecond"),
            SentPerSecond = Number(row, "sentPerSecond"),
            Received = (long?)Number(row, "received"),
            Sent = (long?)Number(row, "sent"),
            SendQueue = (long?)Number(row, "unsent"),
            RoundTrip = Time(row, "roundTrip"),
            Retransmits = (long?)Number(row, "retransmits"),
            Age = Time(row, "age"),
            Idle = Time(row, "idleTime"),
        };
    }

    private static TopClosed ReadClosed(JsonElement row) => new(
        row.GetProperty("closedAt").GetDateTimeOffset().ToLocalTime(), Text(row, "local") ?? Text(row, "listener") ?? "",
        Text(row, "remote") ?? "", Time(row, "duration") ?? TimeSpan.Zero, IsOlder: false, (long?)Number(row, "received"),
        (long?)Number(row, "sent"), Text(row, "reason") ?? Text(row, "cause") ?? "");

    public static string? Text(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    public static double? Number(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number ? value.GetDouble() : null;

    public static TimeSpan? Time(JsonElement row, string name) =>
        Number(row, name) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Says what a connection waits for, the longest wait first.</summary>
    private static string? GetNote(string? state, TimeSpan? readPaused, TimeSpan? sendBlocked, string? closeReason) =>
        closeReason is not null ? closeReason
        : sendBlocked is not null && (readPaused is null || sendBlocked >= readPaused)
            ? $"peer to read {TopText.Age(sendBlocked)}"
        : readPaused is not null ? $"handler to read {TopText.Age(readPaused)}"
        : state == "waiting" ? "a handler" : null;
}
