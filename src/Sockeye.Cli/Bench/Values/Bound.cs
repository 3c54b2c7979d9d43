using System.Globalization;

namespace Sockeye.Cli;

/// <summary>A condition on a result, as p99&lt;5ms, rate&gt;=10k or errors&gt;0.</summary>
/// <param name="Metric">p50, p90, p99, p999, max, mean, rate, errors or unanswered.</param>
/// <param name="Comparison">&lt;, &lt;=, &gt; or &gt;=.</param>
/// <param name="Value">Milliseconds for latencies; otherwise a number.</param>
/// <param name="Text">The condition as it was typed.</param>
internal sealed record Bound(string Metric, string Comparison, double Value, string Text)
{
    private const string Forms = "Write it as p99<5ms, with p50, p90, p99, p999, max, mean, rate, errors or unanswered, "
        + "with <, <=, > or >=, and with us, ms, s or k.";

    private static readonly string[] LatencyMetrics = ["p50", "p90", "p99", "p999", "max", "mean"];
    private static readonly string[] CountMetrics = ["rate", "errors", "unanswered"];

    public bool IsLatency => LatencyMetrics.Contains(Metric);

    /// <summary>Whether the condition bounds a latency from above, so that a rate that keeps it can be searched.</summary>
    public bool IsUpperLatency => IsLatency && Comparison[0] is '<';

    /// <summary>Returns the condition. Returns null and an error for other text.</summary>
    public static Bound? Parse(string text, out string? error)
    {
        error = $"\"{text}\" is not a condition. {Forms}";
        var at = text.AsSpan().IndexOfAny('<', '>');
        if (at <= 0)
            return null;
        var comparison = at + 1 < text.Length && text[at + 1] == '=' ? text.Substring(at, 2) : text.Substring(at, 1);
        var metric = text[..at].Trim().Replace("p99.9", "p999", StringComparison.Ordinal);
        var value = text[(at + comparison.Length)..].Trim();
        var number = LatencyMetrics.Contains(metric) ? ParseTime(value)
            : CountMetrics.Contains(metric) ? RequestRate.ParseNumber(value)
            : double.NaN;
        if (!(number >= 0))
            return null;
        error = null;
        return new(metric, comparison, number, text);
    }

    public bool Holds(double actual) => Comparison switch
    {
        "<" => actual < Value,
        "<=" => actual <= Value,
        ">" => actual > Value,
        _ => actual >= Value,
    };

    /// <summary>Returns the value that the condition is about.</summary>
    public double GetValue(BenchResult result) => Metric switch
    {
        "p50" => result.LatencyMs.P50,
        "p90" => result.LatencyMs.P90,
        "p99" => result.LatencyMs.P99,
        "p999" => result.LatencyMs.P999,
        "max" => result.LatencyMs.Max,
        "mean" => result.LatencyMs.Mean,
        "rate" => result.Rate,
        "errors" => result.Errors,
        _ => result.Unanswered + result.Unsent,
    };

    /// <summary>"p99 is 12.4 ms".</summary>
    public string Describe(BenchResult result) => string.Create(
        CultureInfo.InvariantCulture, $"{Metric} is {GetValue(result):0.###}{(IsLatency ? " ms" : "")}");

    private static double ParseTime(string text)
    {
        var (unit, milliseconds) = text switch
        {
            [.., 'u', 's'] => (2, 0.001),
            [.., 'm', 's'] => (2, 1),
            [.., 's'] => (1, 1000.0),
            _ => (0, double.NaN), // A time without a unit is not clear.
        };
        return double.TryParse(
            text.AsSpan(0, text.Length - unit), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number * milliseconds : double.NaN;
    }
}
