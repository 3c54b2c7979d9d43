namespace Sockeye.Cli.Tests.Bench;

public sealed class SearchTests
{
    [Theory]
    [InlineData(1000, 800), InlineData(1000, 1490), InlineData(20_000, 37), InlineData(5, 4)]
    public void Search_finds_the_highest_rate_within_a_twentieth(double first, double highest)
    {
        var search = new RateSearch(first, first * 1.5);
        var tries = 0;
        for (; search.Next is { } rate; tries++)
            search.Report(rate <= highest);

        Assert.InRange(search.Best!.Value, highest * 0.95, highest);
        Assert.InRange(tries, 3, 40);
    }

    [Fact]
    public void Single_late_wakeup_does_not_end_the_search()
    {
        var search = new RateSearch(1000, 2000);
        var tries = 0;
        while (search.Next is { } rate)
            search.Report(rate <= 1200 && tries++ != 1);

        Assert.InRange(search.Best!.Value, 1140, 1200);
    }

    [Fact]
    public void Machine_that_is_busy_for_some_seconds_does_not_end_the_search()
    {
        var search = new RateSearch(1000, 4000);
        var tries = 0;
        while (search.Next is { } rate)
            search.Report(++tries is < 3 or > 9 && rate <= 2000);

        Assert.InRange(search.Best!.Value, 1900, 2000);
        Assert.InRange(tries, 15, 40);
    }

    [Fact]
    public void Search_ends_without_a_rate_if_none_keeps_the_bound()
    {
        var search = new RateSearch(10_000, 20_000);
        while (search.Next is not null)
            search.Report(false);

        Assert.Null(search.Best);
    }

    [Fact]
    public void Limit_is_not_exceeded()
    {
        var search = new RateSearch(1000, 1600);
        while (search.Next is { } rate)
        {
            Assert.InRange(rate, 1, 1600);
            search.Report(true);
        }

        Assert.Equal(1600, search.Best);
    }
}
