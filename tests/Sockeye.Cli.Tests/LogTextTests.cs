using System.Net;
using System.Net.Sockets;

namespace Sockeye.Cli.Tests;

/// <summary>The log of the library, as the tool shows it.</summary>
public sealed class LogTextTests
{
    [Theory]
    [InlineData("Next attempt in {Delay}.", 150, "Next attempt in 150 ms.")]
    [InlineData("ended after {Delay}, 27 bytes in", 1004, "ended after 1 s, 27 bytes in")]
    [InlineData("was there for {Delay}.", 200_000, "was there for 3 m 20 s.")]
    public void Time_has_its_unit(string template, int milliseconds, string expected) =>
        Assert.Equal(expected, Format(template, ("Delay", TimeSpan.FromMilliseconds(milliseconds))));

    [Theory]
    [InlineData("refused {Count} requests since", 1, "refused 1 request since")]
    [InlineData("refused {Count} requests since", 21, "refused 21 requests since")]
    [InlineData("{Count} bytes in", 1, "1 byte in")]
    [InlineData("{Count} bytes in", 11, "11 bytes in")]
    [InlineData("for {Count} other connections", 1, "for 1 other connection")]
    [InlineData("{Count} %", 1, "1 %")]
    public void Number_has_its_plural(string template, long count, string expected) =>
        Assert.Equal(expected, Format(template, ("count", count)));

    [Fact]
    public void Number_in_another_text_is_not_a_count() =>
        Assert.Equal("127.0.0.1 connections", Format("{Address} connections", ("Address", IPAddress.Loopback)));

    [Fact]
    public void Format_of_the_template_is_kept() =>
        Assert.Equal("for 2.5 s", Format("for {Seconds:0.0} s", ("Seconds", 2.46)));

    [Fact]
    public void Limit_and_option_are_named_as_on_the_command_line()
    {
        Assert.Equal("--max-per-address on x", Format("{Limit} on x", ("Limit", "UseAddressLimit")));
        Assert.Equal("in use (--max-connections)", Format("in use ({Option})", ("Option", "MaxConnections")));
        Assert.Equal("UseOther on x", Format("{Limit} on x", ("Limit", "UseOther")));
    }

    [Fact]
    public void Endpoints_are_shown_as_they_are_typed()
    {
        Assert.Equal("127.0.0.1:50000 -> [::1]:7000", Format(
            "{Remote} -> {Local}", ("Remote", IPEndPoint.Parse("127.0.0.1:50000")), ("Local", IPEndPoint.Parse("[::1]:7000"))));
        if (Socket.OSSupportsUnixDomainSockets)
            Assert.Equal("unix:/tmp/s", Format("{Local}", ("Local", new UnixDomainSocketEndPoint("/tmp/s"))));
        Assert.Equal("-", Format("{Remote}", ("Remote", null)));
    }

    [Fact]
    public void State_without_a_template_has_its_own_text() =>
        Assert.Equal("as it is", LogText.Format("as it is", null, (state, _) => state));

    private static string Format(string template, params (string Name, object? Value)[] values)
    {
        List<KeyValuePair<string, object?>> state = [.. values.Select(value => KeyValuePair.Create(value.Name, value.Value))];
        state.Add(new("{OriginalFormat}", template));
        return LogText.Format<IReadOnlyList<KeyValuePair<string, object?>>>(
            state, null, (_, _) => throw new NotSupportedException("The template is there."));
    }
}
