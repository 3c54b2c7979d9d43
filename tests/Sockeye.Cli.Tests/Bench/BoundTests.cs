namespace Sockeye.Cli.Tests.Bench;

public sealed class BoundTests
{
    [Theory]
    [InlineData("p99<5ms", "p99", "<", 5.0)]
    [InlineData("p99.9 <= 250us", "p999", "<=", 0.25)]
    [InlineData("max>1.5s", "max", ">", 1500.0)]
    [InlineData("rate>=10k", "rate", ">=", 10_000.0)]
    [InlineData("errors>0", "errors", ">", 0.0)]
    public void Condition_is_parsed(string text, string metric, string comparison, double value)
    {
        Assert.Equal(new Bound(metric, comparison, value, text), Bound.Parse(text, out var error));
        Assert.Null(error);
    }

    [Theory]
    [InlineData("p99"), InlineData("p99<5"), InlineData("p98<5ms"), InlineData("<5ms"), InlineData("rate>fast")]
    [InlineData("p99=5ms"), InlineData("p99<-5ms"), InlineData("errors>1ms"), InlineData("p50<msms")]
    public void Text_that_is_not_a_condition_is_named_with_the_forms(string text)
    {
        Assert.Null(Bound.Parse(text, out var error));
        Assert.StartsWith($"\"{text}\" is not a condition. Write it as p99<5ms", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("p99<5ms", 4.9, true), InlineData("p99<5ms", 5.0, false), InlineData("p99<=5ms", 5.0, true)]
    [InlineData("p99>5ms", 5.0, false), InlineData("p99>=5ms", 5.0, true)]
    public void Condition_holds_as_it_says(string text, double value, bool expected) =>
        Assert.Equal(expected, Bound.Parse(text, out _)!.Holds(value));

    [Theory]
    [InlineData("200", 200.0), InlineData("5k", 5000.0), InlineData("1.5M", 1_500_000.0), InlineData("0.5", 0.5)]
    [InlineData("200/s", 200.0)]
    public void Rate_is_parsed(string text, double expected) => Assert.Equal(expected, RequestRate.Parse(text, out _));

    [Theory]
    [InlineData("0"), InlineData("-1"), InlineData("fast"), InlineData("1e9"), InlineData(""), InlineData("101M")]
    public void Wrong_rate_is_named(string text)
    {
        Assert.Null(RequestRate.Parse(text, out var error));
        Assert.StartsWith($"\"{text}\" is not a rate", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("64", 64), InlineData("4k", 4000), InlineData("4Ki", 4096), InlineData("1MiB", 1_048_576)]
    public void Size_is_parsed(string text, int expected) => Assert.Equal(expected, RequestRate.ParseSize(text, out _));
}
