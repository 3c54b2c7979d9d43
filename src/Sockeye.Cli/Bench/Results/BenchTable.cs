using System.Globalization;

namespace Sockeye.Cli;

/// <summary>A result as text of at most 80 columns.</summary>
internal static class BenchTable
{
    private const int MaxWidth = 80;
    private const int LabelWidth = 14;
    private const int NumberWidth = 10;
    private const int MaxRows = 5;
    private const int MaxIntervals = 20;

    public static IEnumerable<string> Write(BenchResult result)
    {
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"{string.Join(", ", result.Targets)}: {QuantityText.FormatCount(result.Connections, "connection")}, pipeline "
                + $"{result.Pipeline}, {result.Loop} loop, {result.Engine}, {result.Seconds:0.##} s");
        foreach (var line in Wrap(head, MaxWidth))
            yield return line;
        yield return "";
        foreach (var line in WriteRate(result).Concat(WriteLatencies(result)).Concat(WriteErrors(result))
            .Concat(WriteIntervals(result)).Concat(WriteSlowest(result)))
            yield return line;
        if (result.Notes.Count > 0)
            yield return "";
        foreach (var note in result.Notes.SelectMany(note => Wrap(note, MaxWidth)))
            yield return note;
    }

    /// <summary>Breaks a sentence into lines.</summary>
    public static IEnumerable<string> Wrap(string text, int width)
    {
        var line = "";
        foreach (var part in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + part.Length > width)
            {
                yield return line;
                line = "";
            }

            line += line.Length > 0 ? " " + part : part;
        }

        yield return line;
    }

    private static IEnumerable<string> WriteRate(BenchResult result)
    {
        var asked = result.AskedRate is { } rate ? $", asked {RequestRate.Format(rate)}" : "";
        var isReceiving = result.RequestBytes == 0;
        if (!isReceiving)
        {
            yield return Label("rate") + $"{RequestRate.Format(result.Rate)} answers a second{asked}"
                + string.Create(CultureInfo.InvariantCulture, $" ({result.Answers:N0} answers)");
        }

        yield return Label("bytes/s") + (isReceiving ? "" : $"sent {RequestRate.Format(result.SentBytesPerSecond)}, ")
            + $"received {RequestRate.Format(result.ReceivedBytesPerSecond)}";
        yield return Label("generator") + GetCost(result.Generator.CpuUsPerMessage) + string.Create(
            CultureInfo.InvariantCulture, $"its busiest thread {result.Generator.BusiestThread:P0}");
        if (result.Server is { } server)
        {
            yield return Label("server") + GetCost(server.CpuUsPerMessage) + string.Create(
                CultureInfo.InvariantCulture,
                $"{server.Processors:0.00} processors ({PrintableText.Escape(server.Name)}, pid {server.ProcessIds[0]}"
                    + $"{(server.ProcessIds.Count > 1 ? $" and {server.ProcessIds.Count - 1} more" : "")})");
        }

        yield return "";

        string GetCost(double microseconds) => isReceiving ? ""
            : string.Create(CultureInfo.InvariantCulture, $"{microseconds:0.00} us CPU an answer, ");
    }

    private static IEnumerable<string> WriteLatencies(BenchResult result)
    {
        yield return Label("ms") + string.Concat(
            ((string[])["p50", "p90", "p99", "p99.9", "max", "mean"]).Select(name => name.PadLeft(NumberWidth)));
        if (result.UncorrectedMs.Count > 0 || result.LatencyMs.Count > 0)
        {
            yield return WriteSummary("latency", result.LatencyMs);
            if (result.AskedRate is not null)
                yield return WriteSummary("uncorrected", result.UncorrectedMs);
        }

        if (result.ScheduleErrorMs is { } late)
            yield return WriteSummary("sent late by", late);
        yield return WriteSummary("connect", result.ConnectMs);
        yield return WriteSummary("first byte", result.FirstByteMs);
    }

    private static IEnumerable<string> WriteErrors(BenchResult result)
    {
        if (result.Errors > 0)
        {
            yield return "";
            yield return Label("errors") + string.Create(CultureInfo.InvariantCulture, $"{result.Errors:N0}");
        }

        foreach (var (kind, count) in result.ErrorsByKind.OrderByDescending(pair => pair.Value))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"  {count,10:N0}  {PrintableText.Escape(kind)}");
            if (result.ErrorExamples.TryGetValue(kind, out var example))
            {
                foreach (var line in Wrap(PrintableText.Escape(example), 64))
                    yield return new string(' ', LabelWidth) + line;
            }
        }

        if (result.Unanswered + result.Unsent > 0)
        {
            yield return "";
            yield return Label("at the end") + string.Create(
                CultureInfo.InvariantCulture, $"{result.Unanswered:N0} requests without an answer, {result.Unsent:N0} not sent");
        }

        if (result.ClosedByServer.Count > 0)
            yield return "";
        foreach (var (reason, count) in result.ClosedByServer)
        {
            yield return Label("closed") + string.Create(
                CultureInfo.InvariantCulture, $"{QuantityText.FormatCount(count, "connection")} without an open request: ")
                + PrintableText.Escape(reason);
        }
    }

    private static IEnumerable<string> WriteIntervals(BenchResult result)
    {
        // One interval says what the result says.
        if (result.Intervals.Count < 2 || result.LatencyMs.Count == 0)
            yield break;
        yield return "";
        yield return "interval" + Cell("from s", 8) + Cell("rate", 10) + Cell("p50", 10) + Cell("p99", 10) + Cell("p99.9", 10)
            + Cell("max", 10) + Cell("errors", 8);
        var shown = SelectIntervals(result);
        foreach (var (index, interval) in result.Intervals.Index())
        {
            if (!shown.Contains(index))
                continue;
            yield return Cell($"{index + 1}", 8) + Cell(Format(interval.At, "0.0##"), 8)
                + Cell(RequestRate.Format(interval.Rate), 10) + GetTimes(interval.LatencyMs) + Cell($"{interval.Errors}", 8);
        }

        if (shown.Count < result.Intervals.Count)
            yield return $"  ({result.Intervals.Count - shown.Count} more, in --json and --report: these are the slowest)";
        foreach (var (index, interval) in result.Intervals.Index().Where(each => each.Item.Signs is { Count: > 0 }).Take(MaxRows))
        {
            foreach (var line in Wrap($"signs in interval {index + 1}: {string.Join("; ", interval.Signs!)}", MaxWidth))
                yield return PrintableText.Escape(line);
        }
    }

    private static string GetTimes(LatencySummary times) => string.Concat(
        ((double[])[times.P50, times.P99, times.P999, times.Max])
        .Select(value => times.Count == 0 ? Cell("-", NumberWidth) : Milliseconds(value)));

    /// <summary>All intervals, or those without an answer and with the longest latencies.</summary>
    private static HashSet<int> SelectIntervals(BenchResult result) =>
    [
        .. result.Intervals.Index()
            .OrderByDescending(each => each.Item.LatencyMs is { Count: > 0, Max: var max } ? max : double.MaxValue)
            .Take(MaxIntervals).Select(each => each.Index),
    ];

    private static IEnumerable<string> WriteSlowest(BenchResult result)
    {
        if (result.Slowest.Count == 0)
            yield break;
        yield return "";
        yield return "slowest " + Cell("at s", 8) + Cell("ms", 10) + Cell("waited", 10) + Cell("rtt", 10) + Cell("resent", 8)
            + "  connection";
        foreach (var row in result.Slowest.Take(MaxRows))
        {
            yield return new string(' ', 8) + Cell(Format(row.At, "0.00"), 8) + Milliseconds(row.Ms) + Milliseconds(row.WaitedMs)
                + (row.RttMs is { } roundTrip ? Milliseconds(roundTrip) : Cell("-", 10))
                + Cell(row.Retransmits is { } resent ? Format(resent, "0") : "-", 8) + $"  {row.Connection} {row.Local}";
        }
    }

    private static string WriteSummary(string label, LatencySummary times) => times.Count == 0
        ? Label(label) + Cell("-", NumberWidth)
        : Label(label) + Milliseconds(times.P50) + Milliseconds(times.P90) + Milliseconds(times.P99) + Milliseconds(times.P999)
            + Milliseconds(times.Max) + Milliseconds(times.Mean);

    private static string Milliseconds(double value) => Cell(
        Format(value, value >= 1000 ? "0" : value >= 100 ? "0.0" : value >= 10 ? "0.00" : "0.000"), NumberWidth);

    private static string Format(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Cell(string text, int width) => text.PadLeft(width);

    private static string Label(string text) => text.PadRight(LabelWidth);
}
