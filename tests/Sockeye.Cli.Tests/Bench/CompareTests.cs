namespace Sockeye.Cli.Tests.Bench;

public sealed class CompareTests
{
    /// <summary>10 % more processor time, found on machines whose windows vary by up to as much.</summary>
    [Theory]
    [InlineData(0.02, 1.0, "No difference: "), InlineData(0.05, 1.0, "No difference: "), InlineData(0.1, 1.0, "No difference: ")]
    [InlineData(0.02, 1.1, "B is slower by "), InlineData(0.05, 1.1, "B is slower by "), InlineData(0.1, 1.1, "B is slower by ")]
    [InlineData(0.02, 0.9, "B is faster by "), InlineData(0.1, 0.9, "B is faster by ")]
    public async Task Comparison_on_a_machine_that_varies_ends_with_the_truth(double noise, double cost, string verdict)
    {
        const int Runs = 40;
        var wrong = 0;
        for (var seed = 0; seed < Runs; seed++)
        {
            var result = await CompareAsync(new(seed, noise), cost);
            Assert.True(result.Precise || noise > 0.05);
            if (!result.Verdict.StartsWith(verdict, StringComparison.Ordinal))
                wrong++;
        }

        // The interval is one of 99 %.
        Assert.InRange(wrong, 0, 2);
    }

    [Fact]
    public async Task Comparison_ends_when_the_difference_is_known_or_the_time_is_over()
    {
        NoisyMachine quiet = new(1, 0.01), noisy = new(1, 0.06), hopeless = new(1, 1);

        var (first, second, third) = (
            await CompareAsync(quiet, 1.1), await CompareAsync(noisy, 1.1), await CompareAsync(hopeless, 1.1));

        Assert.True(first.Precise && second.Precise);
        Assert.InRange(first.Pairs, 20, 30);
        Assert.InRange(second.Pairs, 50, 240);
        // 60 s of windows of 120 ms for each server.
        Assert.Equal((250, false, false), (third.Pairs, third.Precise, third.Differs));
        Assert.Equal(504, hopeless.Windows);
        Assert.Equal("The windows vary: end other programs of this machine, or raise --duration.", third.ToLines().Last());
        Assert.All(third.ToLines(), line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public async Task Windows_of_a_slow_server_are_long_enough_for_its_answers()
    {
        List<PeriodPlan> plans = [];
        Task<CompareWindow> Serve(PeriodPlan plan, CancellationToken stop)
        {
            plans.Add(plan);
            return Task.FromResult(new CompareWindow(IsOpen: false, Rate: 1000, MeanMs: 1, P99Ms: 1, ServerCpuUs: 1));
        }

        await new CompareRun(Serve, Serve, _ => { }).RunAsync(
            "a:1", "b:1", new() { WarmUp = TimeSpan.FromSeconds(1) }, null, TestContext.Current.CancellationToken);

        Assert.All(plans[..4], plan => Assert.Equal((0, 1), (plan.WarmUp.TotalSeconds, plan.Duration.TotalSeconds)));
        Assert.All(plans[4..], plan => Assert.Equal((0.02, 0.5), (plan.WarmUp.TotalSeconds, plan.Duration.TotalSeconds)));
        Assert.Equal(44, plans.Count);
        plans.Clear();

        await new CompareRun(Serve, Serve, _ => { }).RunAsync(
            "a:1", "b:1", new(), TimeSpan.FromSeconds(8), TestContext.Current.CancellationToken);

        // Shorter, so that there are 20 pairs in the time.
        Assert.All(plans[4..], plan => Assert.Equal((0.02, 0.18), (plan.WarmUp.TotalSeconds, plan.Duration.TotalSeconds)));
        Assert.Equal(44, plans.Count);
    }

    [Fact]
    public async Task Server_that_does_not_answer_is_an_error()
    {
        var run = new CompareRun(
            new NoisyMachine(1, 0.01).Serve(1), (_, _) => Task.FromResult(new CompareWindow(false, 0, 0, 0, null)), _ => { });

        var error = await Assert.ThrowsAsync<CommandException>(
            () => run.RunAsync("a:1", "b:1", new(), null, TestContext.Current.CancellationToken));

        Assert.Equal("one of the servers sent no answer.", error.Message);
    }

    [Fact]
    public void Server_compared_with_itself_differs_in_about_one_of_a_hundred_comparisons()
    {
        var random = new Random(11);

        var different = Enumerable.Range(0, 1000).Count(_ => Compare(random, 20, factor: 1).IsDifferent);

        Assert.InRange(different, 0, 25);
    }

    [Fact]
    public void Difference_of_a_tenth_is_found_and_its_interval_contains_it()
    {
        var random = new Random(12);
        for (var i = 0; i < 100; i++)
        {
            var difference = Compare(random, 20, factor: 1.1);

            Assert.True(difference.IsDifferent);
            Assert.InRange(difference.Estimate, 0.06, 0.14);
            Assert.InRange(difference.High - difference.Low, 0.001, 0.12);
        }
    }

    [Fact]
    public void Outlier_does_not_move_the_difference()
    {
        double[] differences = [.. Enumerable.Range(0, 19).Select(i => 0.10 + (i * 0.001)), 50];

        var rank = SignedRank.Create(differences);

        Assert.InRange(rank.Estimate, 0.10, 0.12);
        Assert.True(rank.IsDifferent);
    }

    [Fact]
    public void Comparison_says_which_server_is_slower_and_by_which_metric()
    {
        var windows = Enumerable.Range(0, 10).Select(i => (
            new CompareWindow(false, 1000, 1, 2, 10 + (i * 0.01)),
            new CompareWindow(false, 990, 1.01, 2, 11 + (i * 0.01)))).ToList();

        var result = CompareResult.Create("a:1", "b:2", windows);
        var same = CompareResult.Create("a:1", "a:1", [.. windows.Select(pair => (pair.Item1, pair.Item1))]);

        Assert.True(result.Differs);
        Assert.Matches(@"^B is slower by \d+\.\d to 1\d\.\d % \(server CPU us an answer\)\.$", result.Verdict);
        Assert.False(same.Differs);
        Assert.StartsWith("No difference: ", same.Verdict, StringComparison.Ordinal);
        Assert.All(result.ToLines(), line => Assert.InRange(line.Length, 0, 80));
    }

    private static Task<CompareResult> CompareAsync(NoisyMachine machine, double cost) =>
        new CompareRun(machine.Serve(1), machine.Serve(cost), _ => { }).RunAsync(
            "a:1", "b:1", new(), null, TestContext.Current.CancellationToken);

    private static SignedRank Compare(Random random, int pairs, double factor) => SignedRank.CompareRatios(
        [.. Enumerable.Range(0, pairs).Select(_ => (Noise(random), factor * Noise(random)))]);

    private static double Noise(Random random) => Math.Exp(0.05 * (random.NextDouble() + random.NextDouble() - 1));
}
