namespace Sockeye.Tests.Support;

public sealed class RoundsTests
{
    private readonly CountedTime _time = new();

    [Theory]
    [InlineData(0, 1000)] // an idle machine: all of them
    [InlineData(1, 500)] // a slow one: what fits into the budget
    [InlineData(1000, 100)] // a very busy one: the least
    public void As_many_as_there_is_time_for_within_bounds(int milliseconds, int expected)
    {
        var rounds = new Rounds(least: 100, most: 1000, TimeSpan.FromMilliseconds(500), _time);

        var begun = 0;
        for (; rounds.Next(); begun++)
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds));

        Assert.Equal((expected, expected), (begun, rounds.Begun));
        Assert.False(rounds.Next());
    }
}
