namespace Sockeye.Cli;

/// <summary>The difference of paired measurements: its estimate of Hodges and Lehmann, with the confidence interval of Wilcoxon's
/// signed-rank test. Single outliers do not move it.</summary>
/// <param name="Low">The lower end of the interval.</param>
/// <param name="Estimate">The median of the means of all pairs of differences.</param>
/// <param name="High">The upper end of the interval.</param>
internal sealed record SignedRank(double Low, double Estimate, double High)
{
    // 99 %: of a hundred comparisons of a server with itself, one finds a difference.
    private const double Deviations = 2.576;

    /// <summary>The least number of pairs for an interval of 99 %.</summary>
    public const int MinPairs = 8;

    public bool IsDifferent => Low > 0 || High < 0;

    /// <summary>Returns the relative difference of the second to the first: 0.1 if the second is 10 % greater.</summary>
    /// <param name="pairs">Measurements that were taken one after the other, all above zero.</param>
    public static SignedRank CompareRatios(IReadOnlyList<(double First, double Second)> pairs)
    {
        var logs = Create([.. pairs.Select(pair => Math.Log(pair.Second / pair.First))]);
        return new(Math.Exp(logs.Low) - 1, Math.Exp(logs.Estimate) - 1, Math.Exp(logs.High) - 1);
    }

    /// <summary>Returns the interval of these differences.</summary>
    public static SignedRank Create(IReadOnlyList<double> differences)
    {
        var count = differences.Count;
        ArgumentOutOfRangeException.ThrowIfLessThan(count, MinPairs);
        List<double> means = [];
        for (var i = 0; i < count; i++)
        {
            for (var j = i; j < count; j++)
                means.Add((differences[i] + differences[j]) / 2);
        }

        means.Sort();
        var pairs = count * (count + 1.0);
        var outside = (pairs / 4) - (Deviations * Math.Sqrt(pairs * ((2 * count) + 1) / 24));
        var cut = Math.Max(0, (int)Math.Floor(outside));
        return new(means[cut], means[means.Count / 2], means[^(cut + 1)]);
    }
}
