namespace Sockeye.Cli.Tests.Bench;

/// <summary><c>--find</c> on a server that gives exactly so many answers a second, on the plan's own time.</summary>
public sealed class FindTests
{
    private readonly List<string> _lines = [];

    [Theory]
    [InlineData(200, "p99<20ms", false), InlineData(5000, "p99<5ms", false), InlineData(60_000, "p99<5ms", false)]
    [InlineData(5000, "p99<20ms", true), InlineData(60_000, "p99<5ms", true), InlineData(60_000, "p50<1ms", true)]
    public async Task Rate_that_is_found_is_that_of_the_server_within_a_tenth(double capacity, string bound, bool isPoisson)
    {
        var found = await FindAsync(
            bound, new() { Arrivals = isPoisson ? Arrivals.Poisson : Arrivals.Constant }, plan => Serve(plan, capacity));

        Assert.InRange(found, capacity * 0.9, capacity * 1.02);
        Assert.StartsWith("closed loop: ", _lines[0], StringComparison.Ordinal);
        Assert.StartsWith("found: ", _lines[^1], StringComparison.Ordinal);
    }

    /// <summary>On this machine, a fifth of all tries have a pause that breaks the bound.</summary>
    [Fact]
    public async Task Pauses_of_the_machine_do_not_end_the_search()
    {
        const double Capacity = 5000;
        var random = new Random(4);
        for (var run = 0; run < 20; run++)
        {
            var found = await FindAsync(
                "p99<5ms", new(), plan => Serve(plan, Capacity, random.NextDouble() < 0.2 ? 100_000_000 : 0));

            Assert.InRange(found, Capacity * 0.9, Capacity * 1.02);
        }
    }

    [Fact]
    public async Task Bound_that_no_rate_keeps_is_an_error()
    {
        var error = await Assert.ThrowsAsync<CommandException>(() => FindAsync("p99<1ms", new(), plan => Serve(plan, 500)));

        Assert.Equal("no rate keeps p99<1ms: not even 1 request a second.", error.Message);
    }

    private static PeriodResult Serve(PeriodPlan plan, double capacity, long pause = 0)
    {
        var (start, end) = (BenchClock.ToNanoseconds(plan.WarmUp), BenchClock.ToNanoseconds(plan.WarmUp + plan.Duration));
        var totals = new LoadTotals();
        if (plan.Rate is not { } rate)
        {
            totals.Answers = (long)(capacity * plan.Duration.TotalSeconds);
        }
        else
        {
            var arrivals = new ArrivalPlan(rate, plan.Arrivals, plan.Burst, plan.Seed);
            var answered = 0.0;
            for (; arrivals.Peek < end; arrivals.Advance())
            {
                var free = arrivals.Peek < start ? answered : Math.Max(answered, start + pause);
                answered = Math.Max(free, arrivals.Peek) + (1e9 / capacity);
                if (answered >= start && answered <= end)
                    totals.Answers++;
                if (arrivals.Peek >= start)
                    totals.Latency.Record((long)answered - arrivals.Peek);
            }
        }

        return new()
        {
            Totals = totals, Start = start, Length = end - start, Unanswered = 0, Unsent = 0, Intervals = [], Use = default,
            Threads = (0, 0),
        };
    }

    private async Task<double> FindAsync(string bound, PeriodPlan plan, Func<PeriodPlan, PeriodResult> serve)
    {
        _lines.Clear();
        var run = new FindRun((tried, _) => Task.FromResult(serve(tried)), Bound.Parse(bound, out _)!, _lines.Add);
        var found = await run.SearchAsync(
            plan with { Duration = TimeSpan.FromSeconds(3) }, TestContext.Current.CancellationToken);
        return found.Rate!.Value;
    }
}
