namespace Sockeye.Cli.Tests.Bench;

public sealed class PauseFinderTests
{
    [Fact]
    public void Pause_is_found_with_its_interval_and_its_period()
    {
        var slowest = Enumerable.Range(0, 20).Select(i => i % 5 == 4 ? Row(i + 0.9, 100) : Row(i + 0.5, 0.4)).ToList();

        var pauses = PauseFinder.Find(slowest, typicalMs: 0.1);

        Assert.Equal([5, 10, 15, 20], pauses.Select(pause => pause.Interval));
        Assert.Equal(new(4.9, 100, 5), pauses[0]);
        Assert.Equal(5, PauseFinder.FindPeriod(pauses)!.Value, tolerance: 0.01);
    }

    [Fact]
    public void Pause_that_several_intervals_see_is_one_pause()
    {
        var pauses = PauseFinder.Find([Row(0.5, 0.2), Row(1.5, 2500), Row(1.6, 2400), null, Row(4.5, 0.2)], typicalMs: 0.1);

        Assert.Equal([new(1.5, 2500, 2)], pauses);
        Assert.Null(PauseFinder.FindPeriod(pauses));
    }

    [Fact]
    public void Slow_server_has_no_pauses() =>
        Assert.Empty(PauseFinder.Find([.. Enumerable.Range(0, 10).Select(i => Row(i, 40 + (i % 3)))], typicalMs: 30));

    [Fact]
    public void Pause_in_the_only_interval_is_found() =>
        Assert.Single(PauseFinder.Find([Row(0.3, 100)], typicalMs: 0.1));

    private static SlowRequestRow Row(double at, double ms) => new(at, ms, 0, 1, "127.0.0.1:1", null, null);
}
