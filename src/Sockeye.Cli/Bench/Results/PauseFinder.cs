namespace Sockeye.Cli;

/// <summary>Finds pauses of a server: intervals whose slowest request is far slower than those of the others.</summary>
internal static class PauseFinder
{
    // Less than this is noise of schedulers.
    private const double MinMilliseconds = 5;
    private const double MinFactor = 8;
    private const double MinPeriods = 2;
    private const double MaxJitter = 0.15;

    /// <summary>Returns the pauses in the order of time.</summary>
    /// <param name="slowest">The slowest request of each interval; null if it had none.</param>
    /// <param name="typicalMs">The median latency of all requests.</param>
    public static IReadOnlyList<Pause> Find(IReadOnlyList<SlowRequestRow?> slowest, double typicalMs)
    {
        var median = Median([.. slowest.OfType<SlowRequestRow>().Select(each => each.Ms)]);
        // With few intervals, a pause is in most of them; then the median request says what is usual.
        var usual = Math.Min(median, typicalMs * MinFactor);
        var pauses = new List<Pause>();
        foreach (var (index, request) in slowest.Index())
        {
            if (request is null || request.Ms < MinMilliseconds || request.Ms < usual * MinFactor)
                continue;
            // A long pause is seen by several intervals.
            if (pauses is [.., var last] && request.At < last.At + (last.Ms / 1000))
                continue;
            pauses.Add(new(request.At, request.Ms, index + 1));
        }

        return pauses;
    }

    /// <summary>Returns the seconds between pauses that come regularly; null for others.</summary>
    public static double? FindPeriod(IReadOnlyList<Pause> pauses)
    {
        if (pauses.Count <= MinPeriods)
            return null;
        var gaps = pauses.Zip(pauses.Skip(1), (first, second) => second.At - first.At).ToList();
        var median = Median(gaps);
        return median > 0 && gaps.All(gap => Math.Abs(gap - median) <= median * MaxJitter) ? median : null;
    }

    private static double Median(List<double> values)
    {
        if (values.Count == 0)
            return 0;
        values.Sort();
        return values[values.Count / 2];
    }
}
