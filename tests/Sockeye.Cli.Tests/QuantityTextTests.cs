using System.Globalization;

namespace Sockeye.Cli.Tests;

public sealed class QuantityTextTests
{
    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(1, "1 byte")]
    [InlineData(2048, "2,048 bytes")]
    public void Number_has_its_plural(long number, string expected) =>
        Assert.Equal(expected, QuantityText.FormatCount(number, "byte"));

    [Theory]
    [InlineData("00:00:00.1500000", "150 ms")]
    [InlineData("00:00:01.0045166", "1 s")]
    [InlineData("00:03:20", "3 m 20 s")]
    [InlineData("1.02:00:00", "26 h 0 m")]
    public void Time_has_its_unit(string time, string expected) =>
        Assert.Equal(expected, QuantityText.FormatTime(TimeSpan.Parse(time, CultureInfo.InvariantCulture)));
}
