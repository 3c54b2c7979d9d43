using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Sockeye.Tests.Limits;

public sealed class TokenBucketTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(0.5, 2000)]
    [InlineData(10, 100)]
    [InlineData(3, 334)]
    public void Wait_for_the_next_one_is_the_rate_rounded_up_to_milliseconds(double rate, int milliseconds)
    {
        var bucket = new TokenBucket(rate, 1, _time);
        Assert.True(bucket.TryTake(1));

        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), bucket.GetDelay(1));
    }

    [Fact]
    public void Burst_is_there_at_first_and_after_any_pause_but_never_more()
    {
        var bucket = new TokenBucket(10, 5, _time);
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(5, Enumerable.Range(0, 100).Count(_ => bucket.TryTake(1)));
            _time.Advance(TimeSpan.FromDays(1));
        }
    }

    [Fact]
    public void Debt_is_paid_before_the_next_token_is_granted()
    {
        var bucket = new TokenBucket(1, 1, _time);
        bucket.Take(4);

        Assert.Equal(TimeSpan.FromSeconds(3), bucket.GetDelay(0));
        Assert.Equal(TimeSpan.FromSeconds(4), bucket.GetDelay(1));
    }

    [Fact]
    public void Late_timer_costs_waiters_nothing()
    {
        var bucket = new TokenBucket(100, 1, _time);
        var taken = 0;
        for (var passed = 0; passed < 60_000; passed += 13, _time.Advance(TimeSpan.FromMilliseconds(13)))
        {
            while (bucket.TryTake(1))
                taken++;
            bucket.HasWaiters = true;
        }

        Assert.InRange(taken, 5999, 6001);
    }

    [Fact]
    public void Long_pause_with_a_waiter_gives_no_more_than_a_tenth_of_a_second_beyond_the_burst()
    {
        var bucket = new TokenBucket(100, 5, _time) { HasWaiters = true };
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(15, Enumerable.Range(0, 1000).Count(_ => bucket.TryTake(1)));
    }

    [Fact]
    public void Bucket_gives_what_a_naive_model_gives() =>
        Gen.Select(Gen.Int[1, 1000], Gen.Int[1, 50], Gen.Select(Gen.Long[0, 5_000_000], Gen.Int[1, 20]).Array[0, 200])
            .Sample((rate, burst, steps) =>
            {
                var time = new FakeTimeProvider();
                var bucket = new TokenBucket(rate, burst, time);
                var level = burst * TimeSpan.TicksPerSecond; // whole numbers: tokens times ticks
                foreach (var (ticks, tokens) in steps)
                {
                    time.Advance(new TimeSpan(ticks));
                    level = Math.Min(burst * TimeSpan.TicksPerSecond, level + (ticks * rate));
                    var isThere = level >= tokens * TimeSpan.TicksPerSecond;
                    Assert.Equal(isThere, bucket.TryTake(tokens));
                    if (isThere)
                        level -= tokens * TimeSpan.TicksPerSecond;
                }
            });

    [Fact]
    public void No_window_gets_more_than_the_burst_and_the_rate_and_the_returned_delay_is_always_enough() =>
        Gen.Select(Gen.Double[0.1, 5000], Gen.Int[1, 20], Gen.Int[0, 3].Array[1, 100]).Sample((rate, burst, pauses) =>
        {
            var time = new FakeTimeProvider();
            var bucket = new TokenBucket(rate, burst, time);
            var taken = 0;
            var start = time.GetTimestamp();
            foreach (var pause in pauses)
            {
                time.Advance(TimeSpan.FromMilliseconds(pause));
                time.Advance(bucket.GetDelay(1));
                bucket.Take(1);
                taken++;
                Assert.Equal(0, bucket.GetDelay(0).Ticks);
                Assert.True(taken <= burst + (rate * time.GetElapsedTime(start).TotalSeconds) + 0.001);
            }
        });
}
