namespace Sockeye.Cli.Tests.Bench;

public sealed class LatencyHistogramTests
{
    private const double Precision = 0.0011;

    [Theory]
    [InlineData(50), InlineData(90), InlineData(99), InlineData(99.9), InlineData(100)]
    public void Percentile_is_that_of_the_sorted_times_within_a_thousandth(double percentile)
    {
        var random = new Random(3);
        var times = Enumerable.Range(0, 20_000).Select(_ => (long)Math.Exp(random.NextDouble() * 23)).ToArray();

        var histogram = Create(times);

        Array.Sort(times);
        var expected = times[(int)Math.Ceiling(times.Length * percentile / 100) - 1];
        var width = (expected * Precision) + LatencyHistogram.Unit;
        Assert.InRange(histogram.GetPercentile(percentile), expected - width, expected + width);
    }

    [Fact]
    public void Maximum_and_count_are_exact_and_a_time_above_an_hour_is_kept_in_the_maximum()
    {
        var histogram = Create(1, 123_456_789, 5_000_000_000_000);

        Assert.Equal((3, 5_000_000_000_000), (histogram.Count, histogram.Max));
        Assert.InRange(histogram.GetPercentile(60), 123_300_000, 123_600_000);
    }

    [Fact]
    public void Difference_of_two_states_has_the_times_between_them()
    {
        var histogram = Create(1_000_000, 2_000_000);
        var earlier = new LatencyHistogram();
        earlier.Add(histogram);
        histogram.Record(9_000_000);
        histogram.Record(3_000_000);

        var difference = histogram.Subtract(earlier);

        Assert.Equal((2, 9_000_000), (difference.Count, difference.Max));
        Assert.InRange(difference.GetPercentile(50), 2_990_000, 3_010_000);
        Assert.Equal(0, histogram.Subtract(histogram).Count);
    }

    [Fact]
    public void Sum_of_histograms_is_the_histogram_of_all_times()
    {
        var sum = new LatencyHistogram();
        sum.Add(Create(1000, 5_000_000));
        sum.Add(Create(7_000_000));

        Assert.Equal(Create(1000, 5_000_000, 7_000_000).GetBuckets(), sum.GetBuckets());
    }

    [Fact]
    public void Log_has_the_times_in_microseconds()
    {
        var random = new Random(5);
        List<long> times = [1, .. Enumerable.Range(0, 10_000).Select(_ => (long)Math.Exp(random.NextDouble() * 28))];
        var first = new PeriodInterval(1_000, 250_000_000, 0, 0, 0, Create(times), new(), null, default, null);
        var second = first with { Start = 250_001_000, Latency = new() };
        var result = new PeriodResult
        {
            Totals = new(), Start = 1_000, Length = 500_000_000, Unanswered = 0, Unsent = 0, Intervals = [first, second],
            Use = default, Threads = (0, 0),
        };

        var log = HdrLog.Create(result, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_125));

        var read = HdrLogReader.Read(log.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(
            [(1_700_000_000.125, 0.25), (1_700_000_000.375, 0.25)], read.Select(interval => (interval.Start, interval.Length)));
        Assert.Equal(times.Max() / 1e6, read[0].Max, tolerance: 0.001);
        Assert.Empty(read[1].Counts);
        var sorted = times.Select(time => Math.Max(1, time / 1000.0)).Order().ToList();
        var logged = read[0].Counts.SelectMany(pair => Enumerable.Repeat(pair.Key, (int)pair.Value)).Order().ToList();
        Assert.Equal(sorted.Count, logged.Count);
        Assert.All(sorted.Zip(logged), pair => Assert.InRange(pair.Second, (pair.First * 0.998) - 1, (pair.First * 1.002) + 1));
    }

    [Fact]
    public void Summary_without_times_is_zero() =>
        Assert.Equal(new(0, 0, 0, 0, 0, 0, 0), LatencySummary.Create(new()));

    [Fact]
    public void Every_time_is_in_a_bucket_that_is_at_most_a_thousandth_wide()
    {
        var random = new Random(9);
        for (var i = 0; i < 2000; i++)
        {
            var time = (long)Math.Exp(random.NextDouble() * 28.7);
            var (bucket, count) = Create(time, 3_500_000_000_000).GetBuckets().First();
            Assert.Equal(1, count);
            Assert.InRange(bucket - time, -LatencyHistogram.Unit, (time * Precision) + LatencyHistogram.Unit);
        }
    }

    private static LatencyHistogram Create(params IEnumerable<long> times)
    {
        var histogram = new LatencyHistogram();
        foreach (var time in times)
            histogram.Record(time);
        return histogram;
    }
}
