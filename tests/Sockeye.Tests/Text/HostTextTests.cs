using System.Net;

namespace Sockeye.Tests.Text;

/// <summary>Every form that a host can have: an address, a name, or neither, with a sentence that says why.</summary>
public sealed class HostTextTests
{
    private static readonly string LongLabel = new('a', 63);

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    [InlineData("::1", "::1")]
    [InlineData("[::1]", "::1")]
    [InlineData("[2001:DB8:0:0:0:0:0:1]", "2001:db8::1")]
    [InlineData("::", "::")]
    [InlineData("::ffff:127.0.0.1", "127.0.0.1")]
    [InlineData("[::ffff:7f00:1]", "127.0.0.1")]
    [InlineData("fe80::1%2", "fe80::1%2")]
    [InlineData("[fe80::1%2]", "fe80::1%2")]
    public void Address_is_one(string host, string expected)
    {
        Assert.Null(HostText.Parse(host, out var address));
        Assert.Equal(IPAddress.Parse(expected), address);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("localhost.")]
    [InlineData("LOCALHOST")]
    [InlineData("example.com")]
    [InlineData("example.com.")]
    [InlineData("a")]
    [InlineData("web_1")]
    [InlineData("-")]
    [InlineData("1and1.example")]
    [InlineData("1.2.3.4a")]
    [InlineData("127.0.0.1.example")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("bücher.example")]
    [InlineData("日本。example")]
    public void Name_is_one(string host)
    {
        Assert.Null(HostText.Parse(host, out var address));
        Assert.Null(address);
    }

    [Theory]
    [InlineData("", "the host is missing")]
    [InlineData(" ", "neither a host name nor an address")]
    [InlineData("no spaces", "neither a host name nor an address")]
    [InlineData("a\tb", "neither a host name nor an address")]
    [InlineData("a\0b", "neither a host name nor an address")]
    [InlineData("a\u00a0b", "neither a host name nor an address")]
    [InlineData("a/b", "neither a host name nor an address")]
    [InlineData("user@host", "neither a host name nor an address")]
    [InlineData("*", "neither a host name nor an address")]
    [InlineData("127.0.0.1%lo", "neither a host name nor an address")]
    [InlineData("1", "is not an IPv4 address, which has four numbers from 0 to 255 without leading zeros")]
    [InlineData("127.1", "is not an IPv4 address")]
    [InlineData("127.0.1", "is not an IPv4 address")]
    [InlineData("127.0.0.1.", "is not an IPv4 address")]
    [InlineData("127.0.0.256", "is not an IPv4 address")]
    [InlineData("127.0.0.01", "is not an IPv4 address")]
    [InlineData("0177.0.0.1", "is not an IPv4 address")]
    [InlineData("0x7f.0.0.1", "is not an IPv4 address")]
    [InlineData("0x7f.1", "is not an IPv4 address")]
    [InlineData("0x7f000001", "is not an IPv4 address")]
    [InlineData("127.0.0.0x1", "is not an IPv4 address")]
    [InlineData("2130706433", "is not an IPv4 address")]
    [InlineData("1.2.3.4.5", "is not an IPv4 address")]
    [InlineData("0x", "is not an IPv4 address")]
    [InlineData("host.1", "is not an IPv4 address")]
    [InlineData("127..0.1", "is not an IPv4 address")]
    [InlineData("[127.0.0.1]", "only an IPv6 address stands in brackets")]
    [InlineData("[example.com]", "only an IPv6 address stands in brackets")]
    [InlineData("[]", "only an IPv6 address stands in brackets")]
    [InlineData("[::1", "is not an IPv6 address")]
    [InlineData("::1]", "is not an IPv6 address")]
    [InlineData("[[::1]]", "is not an IPv6 address")]
    [InlineData("[::1]:80", "is not an IPv6 address")]
    [InlineData("::1/128", "is not an IPv6 address")]
    [InlineData(":::", "is not an IPv6 address")]
    [InlineData("1::2::3", "is not an IPv6 address")]
    [InlineData("12345::1", "is not an IPv6 address")]
    [InlineData("::ffff:127.1", "is not an IPv6 address")]
    [InlineData("example.com:80", "is not an IPv6 address")]
    [InlineData("fe80::1%", "is not an IPv6 address")]
    [InlineData("fe80::1%99999999999", "is not a network interface of this machine")]
    [InlineData("fe80::1%nosuch", "\"nosuch\" of \"fe80::1%nosuch\" is not a network interface of this machine")]
    [InlineData(".", "has an empty part between its dots")]
    [InlineData("a..b", "has an empty part between its dots")]
    [InlineData(".a", "has an empty part between its dots")]
    [InlineData("a..", "has an empty part between its dots")]
    [InlineData("bücher..example", "has no form that name servers know")]
    public void What_is_neither_is_refused_with_a_reason(string host, string expected)
    {
        var reason = HostText.Parse(host, out _);
        Assert.NotNull(reason);
        Assert.Contains(expected, reason, StringComparison.Ordinal);
        if (host.Length > 0)
            Assert.Contains(host.Trim('[', ']'), reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_as_long_as_name_servers_allow()
    {
        var longest = $"{LongLabel}.{LongLabel}.{LongLabel}.{LongLabel[..61]}";
        Assert.Equal(253, longest.Length);
        Assert.Null(HostText.Parse(longest, out _));
        Assert.Null(HostText.Parse(longest + ".", out _));
        Assert.Contains("more than 253 characters", HostText.Parse($"{longest}a", out _), StringComparison.Ordinal);
        Assert.Contains("more than 63 characters", HostText.Parse(LongLabel + "a", out _), StringComparison.Ordinal);
        Assert.NotNull(HostText.Parse(new string('ü', 80), out _));
    }

    [Theory]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("BÜCHER.example", "xn--bcher-kva.example")]
    [InlineData("example.com.", "example.com.")]
    [InlineData("日本。example", "xn--wgv71a.example")]
    public void Name_of_another_alphabet_has_a_form_for_name_servers(string name, string expected) =>
        Assert.Equal(expected, HostText.ToAscii(name));
}
