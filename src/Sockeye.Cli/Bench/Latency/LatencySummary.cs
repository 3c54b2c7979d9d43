namespace Sockeye.Cli;

/// <summary>Percentiles of times, in milliseconds.</summary>
internal sealed record LatencySummary(
    long Count, double Mean, double P50, double P90, double P99, double P999, double Max)
{
    public static LatencySummary Create(LatencyHistogram times) => new(
        times.Count, ToMilliseconds(times.Mean), Get(times, 50), Get(times, 90), Get(times, 99), Get(times, 99.9),
        ToMilliseconds(times.Max));

    public static double ToMilliseconds(double nanoseconds) => Math.Round(nanoseconds / 1e6, 4);

    private static double Get(LatencyHistogram times, double percentile) => ToMilliseconds(times.GetPercentile(percentile));
}
