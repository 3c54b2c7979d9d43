namespace Sockeye.Cli.Tests;

public sealed class QuantityTextTests
{
    [Theory]
    [InlineData("Next attempt in 00:00:00.1500000.", "Next attempt in 150 ms.")]
    [InlineData("ended after 00:00:01.0045166, 27 bytes in", "ended after 1 s, 27 bytes in")]
    [InlineData("it lasted 00:03:20.", "it lasted 3 m 20 s.")]
    [InlineData("1.02:00:00", "26 h 0 m")]
    [InlineData("127.0.0.1:50000 -> [::1]:7000", "127.0.0.1:50000 -> [::1]:7000")]
    [InlineData("refused 1 requests since", "refused 1 request since")]
    [InlineData("1 bytes in, 21 bytes out, 1 connections", "1 byte in, 21 bytes out, 1 connection")]
    [InlineData("for 1 other connections", "for 1 other connection")]
    [InlineData("127.0.0.1 connections", "127.0.0.1 connections")]
    [InlineData("Listening on x: ListenStatistics.CountAsync -> OnceGate.AdmitFirstAsync", "Listening on x: summary -> --once")]
    [InlineData("listen on all of them with ListenAnyIP.", "listen on all of them with *:PORT.")]
    [InlineData("(ShutdownTimeout is 00:00:05)", "(the time that a stop has is 5 s)")]
    public void Words_of_the_library_become_those_of_the_tool(string text, string expected) =>
        Assert.Equal(expected, OptionNames.Translate(text));

    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(1, "1 byte")]
    [InlineData(2048, "2,048 bytes")]
    public void Number_has_its_plural(long number, string expected) =>
        Assert.Equal(expected, QuantityText.FormatCount(number, "byte"));
}
