using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

public sealed class SockeyeClientTests
{
    private readonly ObservedTime _time = new();
    private readonly ScriptedTransport _transport;

    public SockeyeClientTests() => _transport = new(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1:7000")]
    [InlineData("::1", "[::1]:7000")]
    [InlineData("[::1]", "[::1]:7000")]
    [InlineData("fe80::1%2", "[fe80::1%2]:7000")]
    [InlineData("[fe80::1%2]", "[fe80::1%2]:7000")]
    public async Task Address_as_text_is_connected_to_without_a_lookup(string host, string target)
    {
        var connecting = NewClient().ConnectAsync(host, 7000, Token);
        var attempt = _transport.NextAttempt();
        attempt.AssertBegan(target, atMilliseconds: 0);
        attempt.Accept();
        await connecting;
        _transport.AssertNoLookup();
    }

    [Theory]
    [InlineData("[::1]:7000")]
    [InlineData("example.com:7000")]
    [InlineData("[example.com]")]
    [InlineData("http://example.com")]
    [InlineData("")]
    [InlineData(" ")]
    public async Task Host_that_is_neither_name_nor_address_is_refused(string host) =>
        await Assert.ThrowsAsync<ArgumentException>(nameof(host), () => NewClient().ConnectAsync(host, 7000, Token).AsTask());

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(65536)]
    public async Task Port_that_no_peer_can_have_is_refused(int port) => await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
        nameof(port), () => NewClient().ConnectAsync("example.com", port, Token).AsTask());

    [Fact]
    public async Task Name_in_an_endpoint_keeps_to_the_family_it_asks_for()
    {
        var connecting = NewClient().ConnectAsync(new DnsEndPoint("example.com", 7000, AddressFamily.InterNetworkV6), Token);
        var lookup = _transport.NextLookup(AddressFamily.InterNetworkV6);
        Assert.Equal("example.com", lookup.Host);
        _transport.AssertNoLookup();
        lookup.Answer("2001:db8::1");
        _transport.NextAttempt().Accept();
        await connecting;
    }

    [Fact]
    public async Task Endpoint_of_a_kind_the_client_does_not_know_is_left_to_the_transport()
    {
        var endpoint = new ForeignEndPoint();
        var connecting = NewClient().ConnectAsync(endpoint, Token);
        var attempt = _transport.NextAttempt();
        Assert.Same(endpoint, attempt.EndPoint);
        attempt.Accept();
        await connecting;
    }

    [Fact]
    public async Task Options_changed_after_the_client_was_made_are_not_seen()
    {
        var options = new SockeyeClientOptions { Transport = _transport, TimeProvider = _time };
        var client = new SockeyeClient(options);
        options.Transport = new PlainTransport();
        options.Reconnect.MinDelay = TimeSpan.FromMinutes(1);
        var connecting = client.ConnectAsync("127.0.0.1", 7000, Token);
        _transport.NextAttempt().Accept();
        await connecting;
    }

    [Fact]
    public void Every_option_out_of_range_is_refused_by_name()
    {
        Refused("ConnectTimeout", options => options.ConnectTimeout = TimeSpan.Zero);
        Refused("ConnectTimeout", options => options.ConnectTimeout = TimeSpan.FromMilliseconds(-2));
        Refused("ConnectTimeout", options => options.ConnectTimeout = TimeSpan.FromDays(2));
        Refused("ConnectionAttemptDelay", options => options.ConnectionAttemptDelay = TimeSpan.FromMilliseconds(9));
        Refused("ConnectionAttemptDelay", options => options.ConnectionAttemptDelay = TimeSpan.FromMilliseconds(2001));
        Refused("ResolutionDelay", options => options.ResolutionDelay = TimeSpan.FromMilliseconds(-1));
        Refused("ResolutionDelay", options => options.ResolutionDelay = TimeSpan.FromMilliseconds(2001));
        Refused("MinDelay", options => options.Reconnect.MinDelay = TimeSpan.FromMicroseconds(999));
        Refused("MinDelay must be MaxDelay", options => options.Reconnect.MinDelay = TimeSpan.FromMinutes(1));
        Refused("MaxDelay", options => options.Reconnect.MaxDelay = TimeSpan.FromDays(2));
        Refused("StableAfter", options => options.Reconnect.StableAfter = TimeSpan.FromSeconds(-1));
        Refused("MaxAttempts", options => options.Reconnect.MaxAttempts = 0);
        Refused("Transport", options => options.Transport = null!);
        Refused("TimeProvider", options => options.TimeProvider = null!);
        Refused("LoggerFactory", options => options.LoggerFactory = null!);
        Refused("Random", options => options.Random = null!);
    }

    [Fact]
    public void Local_endpoint_needs_a_transport_that_can_bind()
    {
        var error = Assert.Throws<NotSupportedException>(() => new SockeyeClient(options =>
        {
            options.Transport = new PlainTransport();
            options.LocalEndPoint = IPEndPoint.Parse("127.0.0.1:0");
        }));
        Assert.Contains("LocalEndPoint is 127.0.0.1:0, but PlainTransport", error.Message, StringComparison.Ordinal);
    }

    private static void Refused(string option, Action<SockeyeClientOptions> change)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => new SockeyeClient(change));
        Assert.Contains(option, error.Message, StringComparison.Ordinal);
    }

    private SockeyeClient NewClient() =>
        new(options => (options.Transport, options.TimeProvider) = (_transport, _time));

    private sealed class ForeignEndPoint : EndPoint;

    private sealed class PlainTransport : IConnectionFactory
    {
        public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();
    }
}
