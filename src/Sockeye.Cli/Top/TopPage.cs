using System.Globalization;

namespace Sockeye.Cli;

/// <summary>Draws the page of one connection: its addresses, measurements and recent values.</summary>
internal static class TopPage
{
    private const int NameWidth = 14;

    public static IEnumerable<TopLine> Draw(TopRow? row, int width)
    {
        if (row is null)
        {
            yield return new(TopText.Fit("The connection has ended.", width).TrimEnd(), TopStyle.Dim);
            yield break;
        }

        foreach (var (name, value) in Facts(row).Where(fact => fact.Value is { Length: > 0 }))
        {
            var line = name.PadRight(NameWidth) + value;
            yield return new(line.Length <= width ? line : TopText.Fit(line, width));
        }

        if (row.History is not { } history)
            yield break;
        var title = string.Create(CultureInfo.InvariantCulture, $"the last {history.Samples.Count} snapshots:");
        yield return new(TopText.Fit(title, width).TrimEnd(), TopStyle.Dim);
        foreach (var (name, select, format) in Series)
        {
            if (history.Largest(select) is not { } largest)
                continue;
            var bars = history.Draw(select, Math.Max(10, width - NameWidth - 16));
            yield return new(TopText.Fit($"{name.PadRight(NameWidth)}{bars}  max {format(largest)}", width).TrimEnd());
        }
    }

    private static readonly (string Name, Func<TopSample, double?> Select, Func<double, string> Format)[] Series =
    [
        ("in/s", sample => sample.ReceivedPerSecond, value => TopText.Amount(value) + "B"),
        ("out/s", sample => sample.SentPerSecond, value => TopText.Amount(value) + "B"),
        ("round trip", sample => sample.RoundTrip, value => TopText.Latency(TimeSpan.FromSeconds(value))),
        ("send queue", sample => sample.SendQueue, value => TopText.Amount(value) + "B"),
        ("retransmits", sample => sample.Retransmits, value => TopText.Amount(value)),
    ];

    private static IEnumerable<(string Name, string? Value)> Facts(TopRow row)
    {
        var measures = row.Measures;
        yield return ("id", row.Id);
        yield return ("connection", $"{row.Local} – {row.Remote}");
        yield return ("state", row.IsGone ? $"ended, was {row.State}" : row.State);
        yield return ("waits for", row.Note);
        yield return ("process", row.Owner is { } owner
            ? string.Create(CultureInfo.InvariantCulture, $"{TopColumn.ProcessOf(row)}, pid {owner.ProcessId}") : null);
        yield return ("user", row.UserId?.ToString(CultureInfo.InvariantCulture));
        yield return ("age", row.IsOlder ? $"more than {TopText.Age(row.Age)}" : TopText.Age(row.Age));
        yield return ("idle", TopText.Age(row.Idle));
        yield return ("received", Bytes(row.Received, row.ReceivedPerSecond));
        yield return ("sent", Bytes(row.Sent, row.SentPerSecond));
        yield return ("queues", row.ReceiveQueue is null && row.SendQueue is null ? null
            : $"{TopText.Count(row.ReceiveQueue ?? 0)} bytes to read, {TopText.Count(row.SendQueue ?? 0)} not acknowledged"
                + (measures.IsKnown ? $", {TopText.Count(measures.Unsent)} not sent" : ""));
        yield return ("round trip", row.RoundTrip is null ? null : TopText.Latency(row.RoundTrip) + (measures.IsKnown
            ? $" ± {Micro(measures.RoundTripVariance)}, least {Micro(measures.MinRoundTrip)}, timeout "
                + Micro(measures.RetransmitTimeout)
            : ""));
        yield return ("retransmits", row.Retransmits is null ? null : TopText.Count(row.Retransmits)
            + (measures.IsKnown ? $", {measures.Lost} lost now, {measures.Backoff} timeouts in a row" : ""));
        if (row.Timer is not SocketTimer.None)
            yield return ("timer", $"{TimerName(row.Timer)} in {TopText.Latency(row.TimerExpires)}");
        if (!measures.IsKnown)
            yield break;
        yield return ("window", $"{measures.CongestionWindow} segments of {TopText.Count(measures.MaxSegmentSize)} bytes, "
            + $"{measures.Unacknowledged} in flight; path MTU {TopText.Count(measures.PathMtu)}");
        if (measures.Busy > 0)
            yield return ("busy", $"{Micro(measures.Busy)}: {Share(measures.WindowLimited, measures.Busy)} the peer's window was "
                + $"full, {Share(measures.BufferLimited, measures.Busy)} the send buffer was small");
    }

    private static string? Bytes(long? total, double? rate) => total is null ? null
        : QuantityText.FormatCount(total.Value, "byte") + (rate is null ? "" : $", {TopText.Amount(rate)}B/s");

    private static string Micro(ulong microseconds) => TopText.Latency(TimeSpan.FromMicroseconds(microseconds));

    private static string Share(ulong part, ulong whole) =>
        ((double)part / whole).ToString("P0", CultureInfo.InvariantCulture);

    private static string TimerName(SocketTimer timer) => timer switch
    {
        SocketTimer.Retransmit => "retransmit",
        SocketTimer.KeepAlive => "keep-alive",
        SocketTimer.TimeWait => "end of TIME-WAIT",
        _ => "probe of a closed window",
    };
}
