namespace Sockeye.Cli.Tests.Bench;

public sealed class ArrivalPlanTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void Constant_plan_has_equal_distances_and_does_not_drift()
    {
        var plan = new ArrivalPlan(rate: 3000, Arrivals.Constant, burst: 1, seed: 1);

        var starts = Take(plan, 3_000_001);

        Assert.Equal([0, 333_333, 666_666, 1_000_000], starts[..4]);
        Assert.Equal(1000 * Second, starts[^1]);
    }

    [Fact]
    public void Burst_starts_together_at_the_same_rate()
    {
        var starts = Take(new(rate: 100, Arrivals.Constant, burst: 4, seed: 1), 9);

        Assert.Equal([0, 0, 0, 0, 40_000_000, 40_000_000, 40_000_000, 40_000_000, 80_000_000], starts);
    }

    [Fact]
    public void Poisson_plan_is_that_of_its_seed_and_keeps_the_rate()
    {
        var starts = Take(new(rate: 1000, Arrivals.Poisson, burst: 1, seed: 7), 100_000);

        Assert.Equal(starts, Take(new(rate: 1000, Arrivals.Poisson, burst: 1, seed: 7), 100_000));
        Assert.NotEqual(starts, Take(new(rate: 1000, Arrivals.Poisson, burst: 1, seed: 8), 100_000));
        Assert.InRange(starts[^1] / (double)Second, 98, 102);
        // The part of gaps longer than the mean is 1/e.
        var longGaps = starts.Zip(starts.Skip(1)).Count(pair => pair.Second - pair.First > Second / 1000);
        Assert.InRange(longGaps / 100_000.0, 0.36, 0.376);
    }

    private static long[] Take(ArrivalPlan plan, int count)
    {
        var starts = new long[count];
        for (var i = 0; i < count; i++, plan.Advance())
            starts[i] = plan.Peek;
        return starts;
    }
}
