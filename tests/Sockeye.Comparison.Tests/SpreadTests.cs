using Sockeye.Comparison.Measuring;

namespace Sockeye.Comparison.Tests;

public sealed class SpreadTests
{
    [Theory]
    [InlineData(new double[] { 7 }, 7, 7, 7)]
    [InlineData(new double[] { 3, 1 }, 2, 1.5, 2.5)]
    [InlineData(new double[] { 5, 1, 3, 2, 4 }, 3, 2, 4)]
    [InlineData(new double[] { 10, 10, 10, 1000 }, 10, 10, 257.5)]
    public void Median_and_quartiles_do_not_depend_on_the_order(double[] values, double median, double low, double high)
    {
        Assert.Equal(new Spread(median, low, high), Spread.FromValues(values));
        Assert.Equal(Spread.FromValues(values), Spread.FromValues(values.Reverse()));
    }

    [Fact]
    public void Nothing_measured_has_no_median()
    {
        Assert.Null(Spread.FromValues(Array.Empty<double>()));
        Assert.Null(Spread.FromValues([null, null]));
        Assert.Equal(2, Spread.FromValues([null, 2])?.Median);
    }
}
