using Sockeye.Comparison.Measuring;

namespace Sockeye.Comparison.Tests;

public sealed class ProcessorUseTests
{
    private static readonly string[] Stat =
    [
        "cpu  1110 10 100 4000 40 0 60 6 0 0",
        "cpu0 100 10 20 1000 30 1 2 3 0 0",
        "cpu1 1000 0 0 1000 0 0 0 0 0 0",
        "cpu10 10 0 80 2000 10 0 50 3 0 0",
        "intr 1234 0 1",
    ];

    [Theory]
    [InlineData(new[] { 0 }, 1.36)]
    [InlineData(new[] { 0, 10 }, 2.79)]
    [InlineData(new[] { 7 }, 0)]
    public void All_but_idling_counts_of_the_processors_asked_for(int[] processors, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), ProcessorUse.Read(Stat, processors));
}
