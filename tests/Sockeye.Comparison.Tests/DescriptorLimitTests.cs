using Sockeye.Comparison.Measuring;

namespace Sockeye.Comparison.Tests;

public sealed class DescriptorLimitTests
{
    [Theory]
    [InlineData("Max open files            4096                 4096                 files", false)]
    [InlineData("Max open files            20000                20000                files", true)]
    [InlineData("Max open files            unlimited            unlimited            files", true)]
    public void Limit_below_what_a_scenario_opens_is_reported_with_the_remedy(string line, bool isEnough)
    {
        var lacking = DescriptorLimit.Describe(10_000, ["Max processes             95958      95958      processes", line]);

        Assert.Equal(isEnough ? null : "needs 10200 open files, and 4096 are allowed; raise them with ulimit -n", lacking);
    }
}
