using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

/// <summary>When addresses of a name are attempted one after another, and the result for each.</summary>
public sealed class SequentialConnectTests
{
    private readonly ObservedTime _time = new();
    private readonly ScriptedTransport _transport;
    private readonly SockeyeClientOptions _options;

    public SequentialConnectTests()
    {
        _transport = new(_time);
        _options = new() { Transport = _transport, TimeProvider = _time };
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("::1", "127.0.0.1")]
    [InlineData("2001:db8::5", "192.0.2.5")]
    public async Task Addresses_of_this_machine_are_not_raced_and_the_next_is_attempted_when_one_fails(string ipv6, string ipv4)
    {
        _transport.OwnAddresses.UnionWith([IPAddress.Parse("2001:db8::5"), IPAddress.Parse("192.0.2.5")]);
        var connecting = Connect();
        Resolve([ipv6], [ipv4]);
        var first = _transport.NextAttempt();
        _time.Advance(9000); // However slow this machine is.
        _transport.AssertNoAttempt();
        first.Fail(SocketError.ConnectionRefused);
        var second = _transport.NextAttempt();
        Assert.Equal($"{ipv4}:7000", $"{second.EndPoint}");
        second.Accept();
        Assert.Same(_transport.Opened.Single(), await connecting);
    }

    [Fact]
    public async Task Address_of_this_machine_is_attempted_beside_a_silent_one_of_another()
    {
        var connecting = Connect();
        Resolve(["2001:db8::1"], ["127.0.0.1"]);
        _transport.NextAttempt();
        _time.Advance(250);
        _transport.NextAttempt().Accept();
        await connecting;
    }

    [Fact]
    public async Task Transport_of_the_users_own_dials_one_address_after_another()
    {
        _options.Transport = new Wrapping(_transport);
        _options.Resolver = (_, family, _) => new(family is AddressFamily.InterNetworkV6
            ? [IPAddress.Parse("2001:db8::1")] : [IPAddress.Parse("192.0.2.1")]);
        var connecting = Connect();
        var first = _transport.NextAttempt();
        _time.Advance(9000);
        _transport.AssertNoAttempt();
        first.Fail(SocketError.HostUnreachable);
        _transport.NextAttempt().Accept();
        await connecting;
    }

    [Fact]
    public async Task Transport_of_the_users_own_is_raced_where_the_delay_was_set()
    {
        _options.Transport = new Wrapping(_transport);
        _options.ConnectionAttemptDelay = TimeSpan.FromMilliseconds(100);
        _options.Resolver = (_, family, _) => new(family is AddressFamily.InterNetworkV6
            ? [IPAddress.Parse("2001:db8::1")] : [IPAddress.Parse("192.0.2.1")]);
        var connecting = Connect();
        _transport.NextAttempt();
        _time.Advance(100);
        _transport.NextAttempt().Accept();
        await connecting;
    }

    [Fact]
    public async Task Infinite_delay_races_nothing()
    {
        _options.ConnectionAttemptDelay = Timeout.InfiniteTimeSpan;
        var connecting = Connect();
        Resolve(["2001:db8::1"], ["192.0.2.1"]);
        var first = _transport.NextAttempt();
        _time.Advance(9000);
        _transport.AssertNoAttempt();
        first.Accept();
        await connecting;
    }

    [Fact]
    public async Task What_is_said_before_the_connection_is_used_is_said_once_and_never_by_the_loser()
    {
        List<ConnectionContext> speakers = [];
        _options.Use(async (connection, cancelled) =>
        {
            speakers.Add(connection);
            await connection.Transport.Output.WriteAsync("hello"u8.ToArray(), cancelled);
            return connection;
        });
        var connecting = Connect();
        Resolve(["2001:db8::1"], ["192.0.2.1"]);
        var loser = _transport.NextAttempt();
        loser.IgnoresCancellation = true;
        _time.Advance(250);
        var server = _transport.NextAttempt().Accept();
        var winner = await connecting;
        loser.Accept();

        Assert.Same(winner, Assert.Single(speakers));
        Assert.True(_transport.Opened.Last().IsDisposed);
        Assert.Equal("hello", Encoding.ASCII.GetString((await server.Transport.Input.ReadAsync(Cancelled)).Buffer));
    }

    private Task<ConnectionContext> Connect() =>
        new SockeyeClient(_options).ConnectAsync("example.com", 7000, Cancelled).AsTask();

    private void Resolve(string[] ipv6, string[] ipv4)
    {
        _transport.NextLookup(AddressFamily.InterNetworkV6).Answer(ipv6);
        _transport.NextLookup(AddressFamily.InterNetwork).Answer(ipv4);
    }

    /// <summary>A transport as users write one: what it does before it returns is not known.</summary>
    private sealed class Wrapping(IConnectionFactory below) : IConnectionFactory
    {
        public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
            below.ConnectAsync(endpoint, cancellationToken);
    }
}
