namespace Sockeye.Comparison.Measuring;

/// <summary>The middle of some measurements, and how far they lie apart.</summary>
/// <param name="Median">Half of them are at most this.</param>
/// <param name="Low">The lower quartile.</param>
/// <param name="High">The upper quartile.</param>
internal readonly record struct Spread(double Median, double Low, double High)
{
    /// <summary>Null when there are none. Quartiles lie between neighbours in proportion, as in Excel's PERCENTILE.INC.</summary>
    public static Spread? FromValues(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? null : new(Quantile(sorted, 0.5), Quantile(sorted, 0.25), Quantile(sorted, 0.75));
    }

    public static Spread? FromValues(IEnumerable<double?> values) =>
        FromValues(values.Where(value => value is not null).Select(value => value!.Value));

    private static double Quantile(double[] sorted, double part)
    {
        var position = part * (sorted.Length - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (position - below));
    }
}
