using System.Globalization;
using System.Net;
using System.Text;

namespace Sockeye.Cli;

/// <summary><c>--report</c>: a result as one HTML file that needs no other.</summary>
internal static class HtmlReport
{
    private const double MaxDecades = 7;
    private const int MaxTimeTicks = 10;
    private const string Unknown = "-";

    private static readonly (double Percentile, string Label)[] PercentileTicks =
        [(0, "0 %"), (90, "90 %"), (99, "99 %"), (99.9, "99.9 %"), (99.99, "99.99 %"), (99.999, "99.999 %")];

    /// <summary>Returns the page.</summary>
    public static string Create(BenchResult result, LoadTotals totals, DateTimeOffset startedAt)
    {
        var page = new StringBuilder(ReportStyle.Head);
        var title = $"sockeye bench {string.Join(' ', result.Targets)}";
        page.Append(CultureInfo.InvariantCulture, $"<title>{Escape(title)}</title></head><body><h1>{Escape(title)}</h1>\n");
        page.Append("<p>").Append(Escape(string.Create(
            CultureInfo.InvariantCulture,
            $"{startedAt:yyyy-MM-dd HH:mm:ss} UTC, {result.Seconds:0.##} s, {result.Connections} connections, pipeline "
                + $"{result.Pipeline}, {result.RequestBytes} bytes a request, {result.Loop} loop, {result.Engine}")));
        page.Append("</p>\n");
        WriteFacts(page, result);
        foreach (var note in result.Notes)
            page.Append("<p class=\"note\">").Append(Escape(note)).Append("</p>\n");
        WriteLatencies(page, result);
        if (totals.Latency.Count > 0)
        {
            WriteByPercentile(page, result, totals);
            WriteOverTime(page, result);
        }

        WriteRows(page, result);
        return page.Append("</body></html>\n").ToString();
    }

    /// <summary>Returns the points of a line by percentile. Each further nine is one step to the right: 90 %, 99 %,
    /// 99.9 %.</summary>
    internal static IReadOnlyList<(double X, double Y)> GetPercentileLine(LatencyHistogram times)
    {
        List<(double, double)> points = [];
        var seen = 0L;
        foreach (var (nanoseconds, count) in times.GetBuckets())
        {
            // The start of the bucket: the part of the requests that is faster.
            points.Add((Decades((double)seen / times.Count), nanoseconds / 1e6));
            seen += count;
        }

        if (points is [.., var last])
            points.Add((Math.Min(MaxDecades, Math.Log10(Math.Max(10, times.Count))), last.Item2));
        return points;
    }

    private static double Decades(double share) => Math.Min(MaxDecades, -Math.Log10(Math.Max(1 - share, 1e-9)));

    private static void WriteFacts(StringBuilder page, BenchResult result)
    {
        page.Append("<dl>");
        Add("answers a second", RequestRate.Format(result.Rate));
        if (result.AskedRate is { } asked)
            Add("asked", RequestRate.Format(asked));
        Add("p99 ms", Format(result.LatencyMs, result.LatencyMs.P99));
        Add("errors", $"{result.Errors}");
        if (result.Unanswered + result.Unsent > 0)
            Add("no answer", $"{result.Unanswered + result.Unsent}");
        if (result.Server is { } server)
            Add("server CPU µs an answer", Format(server.CpuUsPerMessage));
        page.Append("</dl>\n");

        void Add(string name, string value) =>
            page.Append(CultureInfo.InvariantCulture, $"<div><dt>{name}</dt><dd>{value}</dd></div>");
    }

    private static void WriteLatencies(StringBuilder page, BenchResult result)
    {
        page.Append("<div class=\"wide numbers\"><table><thead><tr><th>ms</th><th>p50</th><th>p90</th><th>p99</th><th>p99.9</th>"
            + "<th>max</th><th>mean</th></tr></thead><tbody>");
        AddRow("latency", result.LatencyMs);
        if (result.AskedRate is not null)
            AddRow("uncorrected", result.UncorrectedMs);
        if (result.ScheduleErrorMs is { } late)
            AddRow("sent late by", late);
        AddRow("connect", result.ConnectMs);
        AddRow("first byte", result.FirstByteMs);
        page.Append("</tbody></table></div>\n");

        void AddRow(string name, LatencySummary times)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><th>{name}</th>");
            foreach (var value in (double[])[times.P50, times.P90, times.P99, times.P999, times.Max, times.Mean])
                page.Append(CultureInfo.InvariantCulture, $"<td>{Format(times, value)}</td>");
            page.Append("</tr>");
        }
    }

    private static void WriteByPercentile(StringBuilder page, BenchResult result, LoadTotals totals)
    {
        List<PlotLine> lines = [new("latency", "l1", GetPercentileLine(totals.Latency))];
        if (result.AskedRate is not null && totals.Uncorrected.Count > 0)
            lines.Add(new("uncorrected", "l2", GetPercentileLine(totals.Uncorrected)));
        var ticks = PercentileTicks.Select(tick => (Decades(tick.Percentile / 100), tick.Label)).ToList();
        AddFigure(page, "Latency by percentile, in ms", new(lines, ticks, isLogarithmic: true), lines, "of the requests");
    }

    private static void WriteOverTime(StringBuilder page, BenchResult result)
    {
        List<PlotLine> latencies =
        [
            new("max", "l3", GetLatencies(times => times.Max)),
            new("p99", "l2", GetLatencies(times => times.P99)),
            new("p50", "l1", GetLatencies(times => times.P50)),
        ];
        List<PlotLine> rates = [new("answers a second", "l1", GetLine(interval => interval.Rate))];
        var step = SvgPlot.RoundUp(result.Seconds / MaxTimeTicks, [1, 2, 5, 10]);
        var ticks = Enumerable.Range(0, MaxTimeTicks + 2).Select(
            i => (i * step, (i * step).ToString("0.###", CultureInfo.InvariantCulture))).ToList();
        if (result.Intervals.Any(interval => interval.LatencyMs.Count > 0))
            AddFigure(page, "Latency over time, in ms", new(latencies, ticks, isLogarithmic: true), latencies, "seconds");
        AddFigure(page, "Answers a second over time", new(rates, ticks, isLogarithmic: false), rates, "seconds");

        // An interval without answers is a gap in the latencies, and not a low value.
        IReadOnlyList<(double, double)> GetLatencies(Func<LatencySummary, double> get) =>
            GetLine(interval => interval.LatencyMs.Count > 0 ? get(interval.LatencyMs) : double.NaN);

        IReadOnlyList<(double, double)> GetLine(Func<IntervalRow, double> get) =>
            [.. result.Intervals.Select(interval => (interval.At + interval.Seconds, get(interval)))];
    }

    private static void AddFigure(
        StringBuilder page, string title, SvgPlot plot, IReadOnlyList<PlotLine> lines, string horizontal)
    {
        var picture = plot.Write(title, horizontal);
        page.Append(CultureInfo.InvariantCulture, $"<h2>{title}</h2><figure>{picture}<figcaption>");
        foreach (var line in lines)
            page.Append(CultureInfo.InvariantCulture, $"<span class=\"{line.Class}\">{line.Name}</span> ");
        page.Append("</figcaption></figure>\n");
    }

    private static void WriteRows(StringBuilder page, BenchResult result)
    {
        WriteTable(
            page, "Slowest requests", ["at s", "ms", "waited ms", "rtt ms", "resent", "connection"],
            result.Slowest.Select(row => (string[])[
                Format(row.At), Format(row.Ms), Format(row.WaitedMs), row.RttMs is { } rtt ? Format(rtt) : Unknown,
                row.Retransmits is { } resent ? $"{resent}" : Unknown, $"{row.Connection} {row.Local}"]));
        WriteTable(
            page, "Errors", ["count", "kind", "first"],
            result.ErrorsByKind.OrderByDescending(pair => pair.Value).Select(pair => (string[])[
                $"{pair.Value}", pair.Key, result.ErrorExamples.GetValueOrDefault(pair.Key, "")]));
        WriteTable(
            page, "Connections that the server ended without an open request", ["count", "reason"],
            result.ClosedByServer.Select(pair => (string[])[$"{pair.Value}", pair.Key]));
        WriteTable(
            page, "Intervals", ["from s", "rate", "p50", "p99", "p99.9", "max", "errors", "server CPU µs", "signs"],
            result.Intervals.Select(row => (string[])[
                row.At.ToString("0.0##", CultureInfo.InvariantCulture), RequestRate.Format(row.Rate),
                Format(row.LatencyMs, row.LatencyMs.P50), Format(row.LatencyMs, row.LatencyMs.P99),
                Format(row.LatencyMs, row.LatencyMs.P999), Format(row.LatencyMs, row.LatencyMs.Max), $"{row.Errors}",
                row.ServerCpuUs is { } cpu ? Format(cpu) : Unknown, string.Join("; ", row.Signs ?? [])]));
    }

    private static void WriteTable(StringBuilder page, string title, string[] header, IEnumerable<string[]> rows)
    {
        var cells = rows.ToList();
        if (cells.Count == 0)
            return;
        page.Append(CultureInfo.InvariantCulture, $"<h2>{title}</h2><div class=\"wide texts\"><table><thead><tr>");
        foreach (var name in header)
            page.Append(CultureInfo.InvariantCulture, $"<th>{name}</th>");
        page.Append("</tr></thead><tbody>");
        foreach (var row in cells)
        {
            page.Append("<tr>");
            foreach (var cell in row)
                page.Append("<td>").Append(Escape(cell)).Append("</td>");
            page.Append("</tr>\n");
        }

        page.Append("</tbody></table></div>\n");
    }

    /// <summary>Without any times, their percentiles are 0, which they were not.</summary>
    private static string Format(LatencySummary times, double value) => times.Count == 0 ? Unknown : Format(value);

    private static string Format(double value) => value.ToString(
        value >= 100 ? "0.0" : value >= 1 ? "0.00" : "0.000", CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(PrintableText.Escape(text));
}
