using CsCheck;

namespace Sockeye.Tests.Connections;

public sealed class BackoffTests
{
    private static readonly TimeSpan Min = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(1);

    [Fact]
    public void Every_delay_lies_between_the_minimum_and_a_doubling_ceiling() =>
        Gen.Select(Gen.Int, Gen.Long[1, TimeSpan.TicksPerSecond], Gen.Long[0, TimeSpan.TicksPerHour]).Sample((seed, min, more) =>
        {
            var backoff = new Backoff(new(min), new(min + more), new Random(seed));
            var ceiling = (double)min;
            for (var attempt = 0; attempt < 60; attempt++)
            {
                ceiling = Math.Min(ceiling * 2, min + more);
                Assert.InRange(backoff.Next().Ticks, min, (long)ceiling);
            }
        });

    [Fact]
    public void Delays_spread_over_the_whole_range_once_the_ceiling_is_the_maximum()
    {
        var backoff = new Backoff(Min, Max, new Random(1));
        for (var attempt = 0; attempt < 7; attempt++)
            backoff.Next();
        var delays = Enumerable.Range(0, 1000).Select(_ => backoff.Next()).ToList();
        Assert.Contains(delays, delay => delay < Max / 10);
        Assert.Contains(delays, delay => delay > Max * 0.9);
    }

    [Fact]
    public void Reset_starts_from_the_minimum_again()
    {
        var backoff = new Backoff(Min, Max, new Random(1));
        for (var attempt = 0; attempt < 20; attempt++)
            backoff.Next();
        for (var attempt = 0; attempt < 100; attempt++)
        {
            backoff.Reset();
            Assert.InRange(backoff.Next(), Min, Min * 2);
        }
    }

    [Fact]
    public void Same_seed_gives_the_same_delays()
    {
        var (one, other) = (new Backoff(Min, Max, new Random(7)), new Backoff(Min, Max, new Random(7)));
        for (var attempt = 0; attempt < 20; attempt++)
            Assert.Equal(one.Next(), other.Next());
    }
}
