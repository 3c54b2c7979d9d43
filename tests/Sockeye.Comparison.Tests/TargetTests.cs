using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Measuring;
using Sockeye.Comparison.Scenarios;
using Sockeye.Comparison.Targets;

namespace Sockeye.Comparison.Tests;

public sealed class TargetTests
{
    [Theory]
    [InlineData(3, 6, "met")]
    [InlineData(3.6, 6, "met")]
    [InlineData(3.7, 6, "missed")]
    public void Ratio_of_medians_is_judged(double own, double reference, string verdict)
    {
        var result = new Target("ping-64", "sockeye-uring", "kestrel", 0.6).Judge(
            [TestResults.Result("ping-64", TestResults.Row("sockeye-uring", own), TestResults.Row("kestrel", reference))]);

        Assert.Equal(verdict, result.Verdict);
    }

    [Fact]
    public void Target_without_its_reference_is_not_measured()
    {
        var result = new Target("ping-64", "sockeye-uring", "kestrel", 0.6).Judge(
            [TestResults.Result("ping-64", TestResults.Row("sockeye-uring", 3))]);

        Assert.Equal("not measured", result.Verdict);
        Assert.False(result.IsMissed);
    }

    [Fact]
    public void Figure_without_a_reference_is_judged_as_it_is()
    {
        var row = TestResults.Row("sockeye-epoll", 3);
        row.Windows[0] = new WindowSample { Messages = 1, Seconds = 1, LongestStallMs = 12 };

        var result = new Target("bulk", "sockeye-epoll", null, 10) { Figure = Figure.Stall }
            .Judge([TestResults.Result("bulk", row)]);

        Assert.Equal(("missed", 12), (result.Verdict, result.Measured));
    }

    [Fact]
    public void Every_target_can_be_measured()
    {
        foreach (var target in TargetList.All)
        {
            var scenario = Assert.Single(ScenarioList.All, one => one.Name == target.Scenario);
            var rows = scenario.Rows(ContestantList.All).Select(row => (row.Contestant.Name, row.Mode)).ToList();

            Assert.Contains((target.Subject, target.Mode), rows);
            if (target.Reference is not null)
                Assert.Contains((target.Reference, target.ReferenceMode), rows);
            Assert.True(target.Figure == Figure.Allocated || scenario.Figures.Contains(target.Figure));
        }
    }

    [Fact]
    public void Epoll_is_allowed_a_tenth_more()
    {
        double Limit(string server) => TargetList.All.First(
            target => (target.Scenario, target.Subject, target.Reference) == ("ping-64", server, "kestrel")).Limit;

        Assert.Equal(0.60, Limit("sockeye-uring"));
        Assert.Equal(0.66, Limit("sockeye-epoll"), 9);
    }
}
