using System.Net;
using System.Net.Sockets;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

/// <summary>How an endpoint is checked and converted before the connect, in every method that takes one.</summary>
public sealed class ConnectAddressTests
{
    private readonly ObservedTime _time = new();
    private readonly ScriptedTransport _transport;
    private readonly SockeyeClientOptions _options;

    public ConnectAddressTests()
    {
        _transport = new(_time);
        _options = new() { Transport = _transport, TimeProvider = _time };
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("[::ffff:192.0.2.1]:7000", "192.0.2.1:7000")]
    [InlineData("0.0.0.0:7000", "127.0.0.1:7000")]
    [InlineData("[::]:7000", "[::1]:7000")]
    [InlineData("[::ffff:0.0.0.0]:7000", "127.0.0.1:7000")]
    [InlineData("[fe80::1%2]:7000", "[fe80::1%2]:7000")]
    public async Task Address_is_passed_to_sockets_in_the_form_that_they_accept(string asked, string target)
    {
        var connecting = new SockeyeClient(_options).ConnectAsync(IPEndPoint.Parse(asked), Token);
        var attempt = _transport.NextAttempt();
        attempt.AssertBegan(target, atMilliseconds: 0);
        attempt.Accept();
        await connecting;
    }

    [Theory]
    [InlineData("192.0.2.1", AddressFamily.Unspecified, "192.0.2.1:7000")]
    [InlineData("192.0.2.1", AddressFamily.InterNetwork, "192.0.2.1:7000")]
    [InlineData("[::1]", AddressFamily.InterNetworkV6, "[::1]:7000")]
    [InlineData("::ffff:192.0.2.1", AddressFamily.InterNetwork, "192.0.2.1:7000")]
    public async Task Name_that_is_an_address_needs_no_lookup(string host, AddressFamily family, string target)
    {
        var connecting = new SockeyeClient(_options).ConnectAsync(new DnsEndPoint(host, 7000, family), Token);
        _transport.AssertNoLookup();
        var attempt = _transport.NextAttempt();
        attempt.AssertBegan(target, atMilliseconds: 0);
        attempt.Accept();
        await connecting;
    }

    [Fact]
    public void Invalid_target_is_refused_by_every_method_with_the_same_text()
    {
        Refused(new IPEndPoint(IPAddress.Loopback, 0), "Cannot connect to 127.0.0.1:0: port 0 means any free one");
        Refused(new DnsEndPoint("example.com", 0), "Cannot connect to example.com:0: port 0 means any free one");
        Refused(new DnsEndPoint("127.0.0.1", 0), "Cannot connect to 127.0.0.1:0: port 0 means any free one");
        Refused(IPEndPoint.Parse("224.0.0.251:7000"), "Cannot connect to 224.0.0.251:7000: it is a multicast address");
        Refused(IPEndPoint.Parse("[ff02::fb]:7000"), "Cannot connect to [ff02::fb]:7000: it is a multicast address");
        Refused(IPEndPoint.Parse("[::ffff:239.1.1.1]:7000"), "Cannot connect to 239.1.1.1:7000: it is a multicast address");
        Refused(new IPEndPoint(IPAddress.Broadcast, 7000), "it is the broadcast address, and TCP connects to one machine");
        Refused(new DnsEndPoint("224.0.0.1", 7000), "it is a multicast address");
        Refused(
            new DnsEndPoint("::1", 7000, AddressFamily.InterNetwork),
            "Cannot connect to ::1:7000: its address family is not InterNetwork, as requested");
        Refused(new DnsEndPoint("127.1", 7000), "Cannot connect to 127.1:7000: \"127.1\" is not an IPv4 address");
        Refused(new DnsEndPoint("a b", 7000), "\"a b\" is neither a host name nor an address");
        Refused(new DnsEndPoint("a..b", 7000), "\"a..b\" has an empty part between its dots");
        _transport.AssertNoLookup();
        _transport.AssertNoAttempt();
    }

    [Theory]
    [InlineData("127.1", "\"127.1\" is not an IPv4 address")]
    [InlineData("0x7f.0.0.1", "is not an IPv4 address")]
    [InlineData("a\nb", "neither a host name nor an address")]
    [InlineData("fe80::1%nosuch", "\"nosuch\" of \"fe80::1%nosuch\" is not a network interface of this machine")]
    public void Text_that_is_not_a_host_is_refused_before_the_first_attempt(string host, string expected)
    {
        var client = new SockeyeClient(_options);
        AssertRefused("host", expected, () => client.ConnectAsync(host, 7000, Token).AsTask());
        AssertRefused("host", expected, () => client.ReconnectAsync(host, 7000, Token));
        AssertRefused("host", expected, () => client.ConnectManyAsync(host, 7000, 2, Token));
        AssertRefused("host", expected, () => new ConnectionPool(client, host, 7000));
    }

    [Fact]
    public async Task Local_address_that_is_mapped_is_bound_as_ipv4()
    {
        _options.LocalEndPoint = IPEndPoint.Parse("[::ffff:192.0.2.99]:0");
        var connecting = new SockeyeClient(_options).ConnectAsync("192.0.2.1", 7000, Token);
        var attempt = _transport.NextAttempt();
        Assert.Equal(IPEndPoint.Parse("192.0.2.99:0"), attempt.Local);
        attempt.Accept();
        await connecting;
    }

    [Theory]
    [InlineData("224.0.0.1:0", "Cannot connect from 224.0.0.1:0: it is a multicast address")]
    [InlineData("[::ffff:255.255.255.255]:0", "Cannot connect from 255.255.255.255:0: it is the broadcast address")]
    public void Local_address_that_is_not_one_machines_is_refused(string local, string expected)
    {
        _options.LocalEndPoint = IPEndPoint.Parse(local);
        var error = Assert.Throws<ArgumentException>("LocalEndPoint", () => new SockeyeClient(_options));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolver_that_answers_nothing_at_all_knows_no_address()
    {
        _options.Resolver = (_, _, _) => new((IReadOnlyList<IPAddress>)null!);
        var error = await Assert.ThrowsAsync<ConnectException>(
            () => new SockeyeClient(_options).ConnectAsync("example.com", 7000, Token).AsTask());
        Assert.Equal("Could not connect to example.com:7000: the name has no address.", error.Message);
    }

    [Fact]
    public async Task Name_of_another_alphabet_is_looked_up_in_ascii_and_shown_as_it_was_written()
    {
        List<string> asked = [];
        _options.Resolver = (host, _, _) =>
        {
            asked.Add(host);
            return new([]);
        };
        var error = await Assert.ThrowsAsync<ConnectException>(
            () => new SockeyeClient(_options).ConnectAsync("bücher.example", 7000, Token).AsTask());
        Assert.Equal(["xn--bcher-kva.example", "xn--bcher-kva.example"], asked);
        Assert.Contains("bücher.example:7000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_of_a_name_server_that_is_not_the_address_of_one_machine_is_not_attempted()
    {
        var connecting = new SockeyeClient(_options).ConnectAsync("blocked.example", 7000, Token).AsTask();
        _transport.NextLookup(AddressFamily.InterNetworkV6).Answer("::", "ff02::1");
        _transport.NextLookup(AddressFamily.InterNetwork).Answer("0.0.0.0");
        var error = await Assert.ThrowsAsync<ConnectException>(() => connecting);
        Assert.Equal(
            "Could not connect to blocked.example:7000: the name has no address (:: is not an address of one machine; 0.0.0.0 is "
                + "not an address of one machine).",
            error.Message);
        Assert.Equal(SocketError.HostNotFound, error.SocketError);
        _transport.AssertNoAttempt();
    }

    [Fact]
    public void Addresses_of_this_machines_interfaces_are_its_own()
    {
        Assert.True(LocalAddresses.Contains(IPAddress.Loopback));
        Assert.False(LocalAddresses.Contains(IPAddress.Parse("203.0.113.1")));
        Assert.False(LocalAddresses.Contains(IPAddress.Parse("2001:db8::1")));
    }

    private void Refused(EndPoint endpoint, string expected)
    {
        var client = new SockeyeClient(_options);
        AssertRefused("", expected, () => client.ConnectAsync(endpoint, Token).AsTask());
        AssertRefused("", expected, () => client.ReconnectAsync(endpoint, Token));
        AssertRefused("", expected, () => client.ConnectManyAsync(endpoint, 2, Token));
        AssertRefused("", expected, () => new ConnectionPool(client, endpoint));
    }

    private static void AssertRefused(string parameter, string expected, Func<object> use)
    {
        var error = Assert.ThrowsAny<ArgumentException>(use);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        if (parameter.Length > 0)
            Assert.Equal(parameter, error.ParamName);
    }
}
