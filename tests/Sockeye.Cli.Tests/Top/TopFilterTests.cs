using System.Net;

namespace Sockeye.Cli.Tests.Top;

public sealed class TopFilterTests
{
    private static readonly TopRow Row = new()
    {
        Key = "1",
        LocalName = SocketName.From(IPEndPoint.Parse("10.1.2.3:443")),
        RemoteName = SocketName.From(IPEndPoint.Parse("[2001:db8::5]:50123")),
        State = "CLOSE-W",
        Owner = new(4711, "nginx"),
        ReceivedPerSecond = 1500,
        SentPerSecond = 0,
        RoundTrip = TimeSpan.FromMilliseconds(12),
        Retransmits = 3,
        Age = TimeSpan.FromMinutes(2),
        SendQueue = 4096,
        UserId = 33,
    };

    [Theory]
    [InlineData("")]
    [InlineData("443")]
    [InlineData(":50123")]
    [InlineData("port=443")]
    [InlineData("port 443")]
    [InlineData("lport=443 rport>50000")]
    [InlineData("10.0.0.0/8")]
    [InlineData("10.1.2.3")]
    [InlineData("2001:db8::/32")]
    [InlineData("remote=2001:db8::/32 and local=10.0.0.0/8")]
    [InlineData("local=10.1.2.3:443")]
    [InlineData("nginx")]
    [InlineData("NGI")]
    [InlineData("process=nginx")]
    [InlineData("process~inx")]
    [InlineData("pid=4711")]
    [InlineData("state=close-w")]
    [InlineData("rtt>10ms")]
    [InlineData("rtt<=0.012")]
    [InlineData("in>1k and out=0")]
    [InlineData("age>=2m")]
    [InlineData("retrans>0")]
    [InlineData("sendq>=4Ki")]
    [InlineData("user=33")]
    [InlineData("not port=22")]
    [InlineData("! (port=22 or port=80)")]
    [InlineData("port=22 or port=443")]
    [InlineData("port=22 or (rtt>1ms retrans>2)")]
    [InlineData("port!=22")]
    public void Matching_condition_shows_the_row(string text) => Assert.True(Parse(text).Matches(Row));

    [Theory]
    [InlineData("22")]
    [InlineData("port!=443")]
    [InlineData("lport=50123")]
    [InlineData("11.0.0.0/8")]
    [InlineData("10.1.2.4")]
    [InlineData("addr!=10.0.0.0/8")]
    [InlineData("java")]
    [InlineData("process=inx")]
    [InlineData("state=estab")]
    [InlineData("rtt>12ms")]
    [InlineData("in>1k and out>0")]
    [InlineData("not nginx")]
    [InlineData("idle>0")]
    [InlineData("port=22 or port=80 and retrans>0")]
    public void Other_condition_hides_the_row(string text) => Assert.False(Parse(text).Matches(Row));

    [Theory]
    [InlineData("port=x", "\"x\" is not a port")]
    [InlineData("port=70000", "is not a port")]
    [InlineData("rtt>fast", "\"fast\" is not a time")]
    [InlineData("in>much", "\"much\" is not a number")]
    [InlineData("color=red", "\"color\" is not a name: write port")]
    [InlineData("rtt", "")]
    [InlineData("rtt>", "\"rtt>\" needs a value")]
    [InlineData(">5", "needs a name before it")]
    [InlineData("(port=1", "has no \")\"")]
    [InlineData("port=1)", "has no \"(\"")]
    [InlineData("port=1 and", "a condition is missing")]
    [InlineData("not", "a condition is missing")]
    [InlineData("10.0.0.1/8", "bits beyond its prefix")]
    [InlineData("addr>10.0.0.1", "compared by = or !=")]
    [InlineData("state>1", "compared by =, != or ~")]
    public void Wrong_text_has_an_error_that_names_it(string text, string expected)
    {
        var filter = TopFilter.Parse(text, out var error);
        if (expected.Length == 0)
        {
            Assert.NotNull(filter); // A word may be anything.
            return;
        }

        Assert.Null(filter);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_one_word_is_left_to_a_server()
    {
        Assert.Equal("nginx", Parse("nginx").Word);
        Assert.Null(Parse("nginx or java").Word);
        Assert.Null(Parse("rtt>1ms").Word);
        Assert.True(Parse("nginx").NeedsOwner);
        Assert.True(Parse("pid 5").NeedsOwner);
        Assert.False(Parse("rtt>1ms").NeedsOwner);
    }

    [Fact]
    public void IPv4_network_does_not_match_other_mapped_addresses_and_all_matches_everything()
    {
        Assert.True(Parse("local=0.0.0.0/0").Matches(Row));
        Assert.False(Parse("remote=0.0.0.0/0").Matches(Row));
        Assert.True(Parse("remote=::/0").Matches(Row));
    }

    private static TopFilter Parse(string text)
    {
        var filter = TopFilter.Parse(text, out var error);
        Assert.True(filter is not null, error);
        return filter;
    }
}
