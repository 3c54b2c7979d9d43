using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sockeye.Cli;

/// <summary>The comparison of two targets.</summary>
/// <param name="A">The first target.</param>
/// <param name="B">The second one.</param>
/// <param name="Pairs">The number of windows of each.</param>
/// <param name="Verdict">A sentence.</param>
/// <param name="Differs">Whether the metric that decides differs.</param>
/// <param name="Metrics">The metrics; the first one decides.</param>
internal sealed partial record CompareResult(
    string A, string B, int Pairs, string Verdict, bool Differs, IReadOnlyList<MetricComparison> Metrics)
{
    // A smaller difference has no consequence, even if it is certain.
    private const double MinDifference = 0.005;

    // An interval of 3 % to each side: a difference of a tenth is far outside of it.
    private const double PreciseRatio = 1.06;

    /// <summary>The errors of both.</summary>
    public long Errors { get; init; }

    /// <summary>Whether the interval of the metric that decides is narrow.</summary>
    public bool Precise => (1 + Metrics[0].High) / (1 + Metrics[0].Low) <= PreciseRatio;

    /// <summary>Compares the windows.</summary>
    /// <param name="a">The first target, as it was typed.</param>
    /// <param name="b">The second one.</param>
    /// <param name="windows">The windows of both, in pairs.</param>
    /// <exception cref="CommandException">Too few pairs have answers of both.</exception>
    public static CompareResult Create(string a, string b, IReadOnlyList<(CompareWindow A, CompareWindow B)> windows)
    {
        List<MetricComparison> metrics = [];
        Add("server CPU us an answer", window => window.ServerCpuUs);
        Add("us an answer", window => window.IsOpen ? null : 1e6 / window.Rate);
        Add("mean latency ms", window => window.MeanMs);
        Add("p99 latency ms", window => window.P99Ms);
        if (metrics is not [var deciding, ..])
            throw new CommandException(ExitCodes.Failed, "too few windows have answers of both servers.");
        return new(a, b, windows.Count, Describe(deciding), deciding.Differs, metrics);

        void Add(string name, Func<CompareWindow, double?> get)
        {
            var pairs = windows.Select(pair => (First: get(pair.A), Second: get(pair.B)))
                .Where(pair => pair is { First: > 0, Second: > 0 })
                .Select(pair => (pair.First!.Value, pair.Second!.Value)).ToList();
            if (pairs.Count < SignedRank.MinPairs)
                return;
            var rank = SignedRank.CompareRatios(pairs);
            metrics.Add(new(
                name, Median(pairs.Select(pair => pair.Item1)), Median(pairs.Select(pair => pair.Item2)),
                Math.Round(rank.Low, 4), Math.Round(rank.High, 4),
                rank.IsDifferent && Math.Abs(rank.Estimate) >= MinDifference));
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, CompareDocument.Default.CompareResult);

    public IEnumerable<string> ToLines()
    {
        yield return $"A {PrintableText.Escape(A)}";
        yield return $"B {PrintableText.Escape(B)}";
        yield return string.Create(CultureInfo.InvariantCulture, $"{Pairs} windows of each, in turns; {Errors:N0} errors");
        yield return "";
        yield return "".PadRight(26) + "A".PadLeft(12) + "B".PadLeft(12) + "  B to A, 99 % interval";
        foreach (var metric in Metrics)
        {
            yield return metric.Name.PadRight(26)
                + metric.A.ToString("0.000", CultureInfo.InvariantCulture).PadLeft(12)
                + metric.B.ToString("0.000", CultureInfo.InvariantCulture).PadLeft(12)
                + $"  {Percent(metric.Low)} to {Percent(metric.High)}";
        }

        yield return "";
        yield return Verdict;
        if (!Precise)
            yield return "The windows vary: end other programs of this machine, or raise --duration.";
    }

    private static string Describe(MetricComparison metric)
    {
        if (!metric.Differs)
            return $"No difference: B to A is {Percent(metric.Low)} to {Percent(metric.High)} ({metric.Name}).";
        var (first, second) = (Math.Abs(metric.Low), Math.Abs(metric.High));
        var (low, high) = (Math.Min(first, second), Math.Max(first, second));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"B is {(metric.Low > 0 ? "slower" : "faster")} by {low * 100:0.0} to {high * 100:0.0} % ({metric.Name}).");
    }

    private static string Percent(double ratio) => (ratio * 100).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture) + " %";

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return Math.Round(sorted[sorted.Count / 2], 4);
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
    [JsonSerializable(typeof(CompareResult))]
    private sealed partial class CompareDocument : JsonSerializerContext;
}

/// <summary>A metric of both targets.</summary>
/// <param name="Name">The name, with the unit. Less is better.</param>
/// <param name="A">The median of the first target.</param>
/// <param name="B">The median of the second one.</param>
/// <param name="Low">The lower end of the interval of the relative difference.</param>
/// <param name="High">The upper end.</param>
/// <param name="Differs">Whether there is a difference.</param>
internal sealed record MetricComparison(string Name, double A, double B, double Low, double High, bool Differs);

/// <summary>The measurements of one window.</summary>
/// <param name="IsOpen">Whether the rate is that of a plan.</param>
/// <param name="Rate">The rate.</param>
/// <param name="MeanMs">The mean latency.</param>
/// <param name="P99Ms">The latency that 1 % exceed.</param>
/// <param name="ServerCpuUs">The processor time of the server for an answer; null if it is not known.</param>
internal sealed record CompareWindow(bool IsOpen, double Rate, double MeanMs, double P99Ms, double? ServerCpuUs)
{
    public static CompareWindow Create(PeriodResult result, bool isOpen) => new(
        isOpen, result.Rate, result.Totals.Latency.Mean / 1e6, result.Totals.Latency.GetPercentile(99) / 1e6,
        result.Use.ServerUs);
}
