using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

/// <summary>The exact schedule of RFC 8305: when each attempt starts, and how the losers end.</summary>
public sealed class HappyEyeballsTests
{
    private readonly ObservedTime _time = new();
    private readonly ScriptedTransport _transport;
    private readonly SockeyeClientOptions _options;

    public HappyEyeballsTests()
    {
        _transport = new(_time);
        _options = new() { Transport = _transport, TimeProvider = _time };
    }

    [Fact]
    public async Task Families_alternate_and_attempts_are_staggered()
    {
        var connecting = Connect();
        Resolve(["2001:db8::1", "2001:db8::2", "2001:db8::3"], ["192.0.2.1", "192.0.2.2"]);
        string[] schedule =
            ["[2001:db8::1]:7000", "192.0.2.1:7000", "[2001:db8::2]:7000", "192.0.2.2:7000", "[2001:db8::3]:7000"];
        for (var i = 0; i < schedule.Length; i++)
        {
            var attempt = _transport.NextAttempt();
            attempt.AssertBegan(schedule[i], atMilliseconds: 250 * i);
            _time.Advance(249);
            _transport.AssertNoAttempt();
            if (i == schedule.Length - 1)
                attempt.Accept();
            _time.Advance(1);
        }

        Assert.Same(_transport.Opened.Single(), await connecting);
        Assert.Equal(1, _transport.OpenCount);
    }

    [Fact]
    public async Task Both_families_are_asked_for_at_once_and_ipv6_starts_as_soon_as_it_is_known()
    {
        var connecting = Connect();
        var (ipv6, ipv4) = NextLookups();
        _time.Advance(30);
        ipv6.Answer("2001:db8::1");
        var first = _transport.NextAttempt();
        first.AssertBegan("[2001:db8::1]:7000", atMilliseconds: 30);

        ipv4.Answer("192.0.2.1");
        _transport.AssertNoAttempt();
        _time.Advance(250);
        _transport.NextAttempt().AssertBegan("192.0.2.1:7000", atMilliseconds: 280);
        first.Accept();
        await connecting;
    }

    [Fact]
    public async Task Ipv4_waits_the_resolution_delay_for_ipv6_then_starts_and_late_ipv6_is_next()
    {
        var connecting = Connect();
        var (ipv6, ipv4) = NextLookups();
        ipv4.Answer("192.0.2.1", "192.0.2.2");
        _time.Advance(49);
        _transport.AssertNoAttempt();
        _time.Advance(1);
        _transport.NextAttempt().AssertBegan("192.0.2.1:7000", atMilliseconds: 50);

        _time.Advance(100);
        ipv6.Answer("2001:db8::1");
        _transport.AssertNoAttempt();
        _time.Advance(150);
        var late = _transport.NextAttempt();
        late.AssertBegan("[2001:db8::1]:7000", atMilliseconds: 300);
        late.Accept();
        await connecting;
    }

    [Fact]
    public async Task Ipv6_that_comes_within_the_resolution_delay_goes_first()
    {
        var connecting = Connect();
        var (ipv6, ipv4) = NextLookups();
        ipv4.Answer("192.0.2.1");
        _time.Advance(20);
        ipv6.Answer("2001:db8::1");
        _transport.NextAttempt().AssertBegan("[2001:db8::1]:7000", atMilliseconds: 20);
        _time.Advance(250);
        var second = _transport.NextAttempt();
        second.AssertBegan("192.0.2.1:7000", atMilliseconds: 270);
        second.Accept();
        await connecting;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ipv4_does_not_wait_where_the_name_has_no_ipv6(bool asError)
    {
        var connecting = Connect();
        var (ipv6, ipv4) = NextLookups();
        if (asError)
            ipv6.Fail(SocketError.NoData);
        else
            ipv6.Answer();
        ipv4.Answer("192.0.2.1");
        var attempt = _transport.NextAttempt();
        attempt.AssertBegan("192.0.2.1:7000", atMilliseconds: 0);
        attempt.Accept();
        await connecting;
    }

    [Fact]
    public async Task Silent_ipv6_name_server_does_not_hold_up_ipv4_beyond_the_resolution_delay()
    {
        var connecting = Connect();
        var (_, ipv4) = NextLookups();
        ipv4.Answer("192.0.2.1");
        _time.Advance(50);
        _transport.NextAttempt().Accept();
        await connecting;
    }

    [Fact]
    public async Task Next_address_is_tried_at_once_when_one_fails_and_its_own_delay_starts_again()
    {
        var connecting = Connect();
        Resolve(["2001:db8::1"], ["192.0.2.1", "192.0.2.2"]);
        _time.Advance(100);
        _transport.NextAttempt().Fail(SocketError.NetworkUnreachable);
        _transport.NextAttempt().AssertBegan("192.0.2.1:7000", atMilliseconds: 100);
        _time.Advance(249);
        _transport.AssertNoAttempt();
        _time.Advance(1);
        var last = _transport.NextAttempt();
        last.AssertBegan("192.0.2.2:7000", atMilliseconds: 350);
        last.Accept();
        await connecting;
    }

    [Fact]
    public async Task Address_that_is_known_only_after_all_others_failed_is_still_tried()
    {
        var connecting = Connect();
        var (ipv6, ipv4) = NextLookups();
        ipv6.Answer("2001:db8::1");
        _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
        _time.Advance(3000);
        Assert.False(connecting.IsCompleted);
        ipv4.Answer("192.0.2.1");
        var attempt = _transport.NextAttempt();
        attempt.AssertBegan("192.0.2.1:7000", atMilliseconds: 3000);
        attempt.Accept();
        await connecting;
    }

    [Fact]
    public async Task Losers_are_cancelled()
    {
        var connecting = Connect();
        Resolve(["2001:db8::1", "2001:db8::2"], ["192.0.2.1"]);
        var loser = _transport.NextAttempt();
        _time.Advance(250);
        _transport.NextAttempt().Accept();
        await connecting;

        Assert.True(loser.IsCancelled);
        _time.Advance(10_000);
        _transport.AssertNoAttempt();
        Assert.Equal(1, _transport.OpenCount);
    }

    [Fact]
    public async Task Loser_that_connects_all_the_same_is_closed()
    {
        var connecting = Connect();
        Resolve(["2001:db8::1"], ["192.0.2.1"]);
        var loser = _transport.NextAttempt();
        loser.IgnoresCancellation = true;
        _time.Advance(250);
        _transport.NextAttempt().Accept();
        var winner = await connecting;

        loser.Accept();
        Assert.Same(winner, Assert.Single(_transport.Opened, connection => !connection.IsDisposed));
        Assert.Equal(CloseCause.Abort, _transport.Opened.Last().CloseReason!.Cause);
    }

    [Fact]
    public async Task Connection_that_comes_after_the_caller_gave_up_is_closed()
    {
        using var cancel = new CancellationTokenSource();
        var connecting = ConnectUntil(cancel.Token);
        Resolve(["2001:db8::1"], []);
        var attempt = _transport.NextAttempt();
        attempt.IgnoresCancellation = true;
        cancel.Cancel();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.Equal(cancel.Token, error.CancellationToken);

        attempt.Accept();
        Assert.Equal(0, _transport.OpenCount);
    }

    [Fact]
    public async Task Addresses_of_the_wrong_family_and_repeated_ones_are_not_attempted()
    {
        _options.Resolver = (_, _, _) => new((IReadOnlyList<IPAddress>)
            [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1"), IPAddress.Parse("192.0.2.1")]);
        var connecting = Connect();
        _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
        _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
        _transport.AssertNoAttempt();
        await Assert.ThrowsAsync<ConnectException>(() => connecting);
    }

    [Fact]
    public async Task Local_endpoint_keeps_to_its_family_and_is_bound()
    {
        _options.LocalEndPoint = IPEndPoint.Parse("192.0.2.99:0");
        var connecting = Connect();
        _transport.NextLookup(AddressFamily.InterNetwork).Answer("192.0.2.1");
        _transport.AssertNoLookup();
        var attempt = _transport.NextAttempt();
        attempt.AssertBegan("192.0.2.1:7000", atMilliseconds: 0);
        Assert.Equal(_options.LocalEndPoint, attempt.Local);
        attempt.Accept();
        await connecting;
    }

    [Fact]
    public async Task Fixed_local_port_is_used_by_one_attempt_at_a_time()
    {
        _options.LocalEndPoint = IPEndPoint.Parse("192.0.2.99:5000");
        var connecting = Connect();
        _transport.NextLookup(AddressFamily.InterNetwork).Answer("192.0.2.1", "192.0.2.2");
        var first = _transport.NextAttempt();
        _time.Advance(5000);
        _transport.AssertNoAttempt();
        first.Fail(SocketError.ConnectionRefused);
        _transport.NextAttempt().Accept();
        await connecting;
    }

    [Fact]
    public async Task No_timer_is_left_behind()
    {
        var connecting = Connect();
        Resolve(["2001:db8::1"], ["192.0.2.1"]);
        _transport.NextAttempt().Accept();
        await connecting;
        Assert.Equal(0, _time.ActiveTimers);
    }

    [Fact]
    public async Task Whatever_happens_every_connection_is_handed_out_or_closed_and_no_timer_is_left()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var time = new ObservedTime();
            var transport = new ScriptedTransport(time);
            using var cancel = new CancellationTokenSource();
            var connecting = new SockeyeClient(options => (options.Transport, options.TimeProvider) = (transport, time))
                .ConnectAsync("example.com", 7000, cancel.Token).AsTask();
            var lookups = new List<ScriptedTransport.Lookup>
            {
                transport.NextLookup(AddressFamily.InterNetworkV6), transport.NextLookup(AddressFamily.InterNetwork),
            };
            var attempts = new List<ScriptedTransport.Attempt>();
            for (var step = 0; step < 60 || attempts.Count > 0; step++)
            {
                while (transport.TryNextAttempt() is { } attempt)
                {
                    attempt.IgnoresCancellation = true;
                    attempts.Add(attempt);
                }

                switch (random.Next(20))
                {
                    case < 4 when lookups.Count > 0:
                        var lookup = lookups[random.Next(lookups.Count)];
                        lookups.Remove(lookup);
                        var net = lookup.Family == AddressFamily.InterNetworkV6 ? "2001:db8::" : "192.0.2.";
                        lookup.TryAnswer([.. Enumerable.Range(1, random.Next(5)).Select(host => $"{net}{host}")]);
                        break;
                    case < 8 when attempts.Count > 0:
                        var answered = attempts[random.Next(attempts.Count)];
                        attempts.Remove(answered);
                        if (random.Next(2) == 0)
                            answered.Accept();
                        else
                            answered.Fail(SocketError.ConnectionRefused);
                        break;
                    case 8:
                        if (random.Next(5) == 0)
                            await cancel.CancelAsync();
                        break;
                    default:
                        time.Advance(random.Next(400));
                        break;
                }
            }

            time.Advance(10_000);
            Assert.True(connecting.IsCompleted, $"Seed {seed}: still connecting.");
            Assert.True(transport.TryNextAttempt() is null, $"Seed {seed}: an attempt has started.");
            var open = transport.Opened.Where(connection => !connection.IsDisposed).ToList();
            if (connecting.IsCompletedSuccessfully)
                Assert.True(open.SingleOrDefault() == await connecting, $"Seed {seed}: {open.Count} connections are open.");
            else
                Assert.True(open.Count == 0, $"Seed {seed}: {open.Count} connections were left open.");
            Assert.True(time.ActiveTimers == 0, $"Seed {seed}: {time.ActiveTimers} timers were left.");
        }
    }

    private Task<ConnectionContext> Connect() => ConnectUntil(TestContext.Current.CancellationToken);

    private Task<ConnectionContext> ConnectUntil(CancellationToken cancellationToken) =>
        new SockeyeClient(_options).ConnectAsync("example.com", 7000, cancellationToken).AsTask();

    private (ScriptedTransport.Lookup IPv6, ScriptedTransport.Lookup IPv4) NextLookups() =>
        (_transport.NextLookup(AddressFamily.InterNetworkV6), _transport.NextLookup(AddressFamily.InterNetwork));

    private void Resolve(string[] ipv6, string[] ipv4)
    {
        var lookups = NextLookups();
        lookups.IPv4.Answer(ipv4);
        lookups.IPv6.Answer(ipv6);
    }
}
