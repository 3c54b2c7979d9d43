namespace Sockeye.Tests.Client;

/// <summary>Names as certificates and TLS have them.</summary>
public sealed class HostNamesTests
{
    [Theory]
    [InlineData("shop.example", "shop.example")]
    [InlineData("Shop.EXAMPLE.", "shop.example")]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("BÜCHER.EXAMPLE.", "xn--bcher-kva.example")]
    [InlineData("XN--BCHER-KVA.example", "xn--bcher-kva.example")]
    [InlineData("書籍.例え", "xn--rovu88b.xn--r8jz45g")]
    [InlineData("*.bücher.example", "*.xn--bcher-kva.example")]
    [InlineData("_srv._tcp.bücher.example", "_srv._tcp.xn--bcher-kva.example")]
    [InlineData("bücher\uFF0Eexample\u3002", "xn--bcher-kva.example")]
    [InlineData("", "")]
    [InlineData(".", "")]
    [InlineData("a..b", "a..b")]
    [InlineData("10.0.0.1", "10.0.0.1")]
    public void Name_is_compared_in_one_form(string name, string expected) => Assert.Equal(expected, HostNames.ToAscii(name));

    [Fact]
    public void Name_that_can_be_none_stays_as_it_is()
    {
        var label = new string('ü', 64);

        Assert.Equal($"{label}.example", HostNames.ToAscii($"{label}.Example"));
        Assert.Equal(new string('a', 70), HostNames.ToAscii(new string('A', 70)));
        Assert.Equal("ü..x", HostNames.ToAscii("ü..x"));
        Assert.Equal("\uD800", HostNames.ToAscii("\uD800"));
    }

    [Theory]
    [InlineData("::1", "::1")]
    [InlineData("[::1]", "::1")]
    [InlineData("[fe80::1%7]", "fe80::1")]
    [InlineData("FE80:0::1%eth7", "fe80::1")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::ffff:127.0.0.1", "127.0.0.1")]
    [InlineData("Bücher.example.", "xn--bcher-kva.example")]
    [InlineData("127.1", "127.1")]
    [InlineData("", "")]
    public void Host_is_looked_for_in_certificates_in_one_form(string host, string expected) =>
        Assert.Equal(expected, HostNames.ForCertificate(host));
}
