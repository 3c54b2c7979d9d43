using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

/// <summary>The errors that a caller gets when no connection is possible.</summary>
public sealed class ConnectErrorTests
{
    private readonly ObservedTime _time = new();
    private readonly ScriptedTransport _transport;
    private readonly SockeyeClientOptions _options;

    public ConnectErrorTests()
    {
        _transport = new(_time);
        _options = new() { Transport = _transport, TimeProvider = _time };
    }

    [Fact]
    public async Task Message_names_every_address_and_what_came_of_it()
    {
        var connecting = Connect("example.com");
        Resolve(["::1"], ["127.0.0.1"]);
        _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
        _time.Advance(9000);
        _transport.NextAttempt().Fail(SocketError.TimedOut);

        var error = await Assert.ThrowsAsync<ConnectException>(() => connecting);
        Assert.Equal(
            "Could not connect to example.com:7000: "
                + "[::1]:7000 refused (nothing listens there), 127.0.0.1:7000 timed out after 9 s.",
            error.Message);
        Assert.Equal(SocketError.TimedOut, error.SocketError);
        Assert.IsType<SocketException>(error.InnerException);
    }

    [Fact]
    public async Task Error_is_that_of_the_attempt_that_failed_last()
    {
        var connecting = Connect("example.com");
        Resolve(["2001:db8::1"], ["192.0.2.1"]);
        var first = _transport.NextAttempt();
        _time.Advance(250);
        _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
        first.Fail(SocketError.HostUnreachable);

        var error = await Assert.ThrowsAsync<ConnectException>(() => connecting);
        Assert.Equal(SocketError.HostUnreachable, error.SocketError);
    }

    [Fact]
    public async Task Connect_timeout_covers_all_addresses_and_reports_their_states()
    {
        var connecting = Connect("example.com");
        Resolve(["2001:db8::1"], ["192.0.2.1", "192.0.2.2"]);
        _time.Advance(250);
        _transport.NextAttempt();
        _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
        var last = _transport.NextAttempt();
        _time.Advance(9749);
        Assert.False(connecting.IsCompleted);
        _time.Advance(1);

        var error = await Assert.ThrowsAsync<ConnectException>(() => connecting);
        Assert.Equal(
            "Could not connect to example.com:7000 within 10 s (ConnectTimeout): [2001:db8::1]:7000 no answer in 10 s, "
                + "192.0.2.1:7000 refused (nothing listens there), 192.0.2.2:7000 no answer in 9.75 s.",
            error.Message);
        Assert.Equal(SocketError.TimedOut, error.SocketError);
        Assert.True(last.IsCancelled);
        Assert.Equal(0, _time.ActiveTimers);
    }

    [Fact]
    public async Task Connect_timeout_covers_the_name_even_with_a_resolver_that_cannot_be_cancelled()
    {
        var never = new TaskCompletionSource<IReadOnlyList<IPAddress>>();
        _options.Resolver = (_, _, _) => new(never.Task);
        _options.ConnectTimeout = TimeSpan.FromMilliseconds(1500);
        var connecting = Connect("example.com");
        _time.Advance(1500);

        var error = await Assert.ThrowsAsync<ConnectException>(() => connecting);
        Assert.Equal(
            "Could not connect to example.com:7000 within 1.5 s (ConnectTimeout): the name was still being resolved.",
            error.Message);
        Assert.Equal(SocketError.TimedOut, error.SocketError);
    }

    [Fact]
    public async Task Infinite_connect_timeout_waits_for_the_transport()
    {
        _options.ConnectTimeout = Timeout.InfiniteTimeSpan;
        var connecting = Connect("192.0.2.1");
        _time.Advance(TimeSpan.FromDays(2));
        Assert.False(connecting.IsCompleted);
        _transport.NextAttempt().Fail(SocketError.TimedOut);
        var error = await Assert.ThrowsAsync<ConnectException>(() => connecting);
        Assert.Equal("Could not connect to 192.0.2.1:7000: timed out after 172800 s.", error.Message);
    }

    [Fact]
    public async Task Name_without_addresses_is_host_not_found_and_says_why()
    {
        var connecting = Connect("nowhere.invalid");
        _transport.NextLookup(AddressFamily.InterNetworkV6).Fail(SocketError.HostNotFound);
        _transport.NextLookup(AddressFamily.InterNetwork).Answer();

        var error = await Assert.ThrowsAsync<ConnectException>(() => connecting);
        Assert.Equal(SocketError.HostNotFound, error.SocketError);
        var cause = Assert.IsType<SocketException>(error.InnerException);
        Assert.Equal(
            $"Could not connect to nowhere.invalid:7000: the name has no address ({cause.Message.TrimEnd('.')}).", error.Message);
    }

    [Fact]
    public async Task Name_without_an_address_of_the_local_family_says_so()
    {
        _options.LocalEndPoint = IPEndPoint.Parse("192.0.2.99:0");
        var connecting = Connect("six.example.com");
        _transport.NextLookup(AddressFamily.InterNetwork).Answer();

        var error = await Assert.ThrowsAsync<ConnectException>(() => connecting);
        Assert.Equal(
            "Could not connect to six.example.com:7000: the name has no address of the family of 192.0.2.99:0 (LocalEndPoint).",
            error.Message);
    }

    [Fact]
    public async Task Address_of_another_family_than_the_local_endpoint_is_not_attempted()
    {
        _options.LocalEndPoint = IPEndPoint.Parse("192.0.2.99:0");
        var error = await Assert.ThrowsAsync<ConnectException>(() => Connect("::1"));
        Assert.Equal(SocketError.AddressFamilyNotSupported, error.SocketError);
        Assert.Contains("[::1]:7000", error.Message, StringComparison.Ordinal);
        Assert.Contains("192.0.2.99:0", error.Message, StringComparison.Ordinal);
        _transport.AssertNoAttempt();
    }

    [Theory]
    [InlineData(SocketError.AddressNotAvailable, "no such socket file (has the server been started?)")]
    [InlineData(SocketError.ConnectionRefused, "refused (nothing listens there)")]
    public async Task Unix_socket_that_cannot_be_reached_is_named(SocketError cause, string outcome)
    {
        var connecting = new SockeyeClient(_options)
            .ConnectAsync(new UnixDomainSocketEndPoint("/run/feed.sock"), TestContext.Current.CancellationToken).AsTask();
        _transport.NextAttempt().Fail(cause);
        var error = await Assert.ThrowsAsync<ConnectException>(() => connecting);
        Assert.Equal($"Could not connect to /run/feed.sock: {outcome}.", error.Message);
    }

    [Fact]
    public async Task Mistake_that_no_other_address_would_cure_is_thrown_as_it_is()
    {
        var connecting = Connect("example.com");
        Resolve(["::1"], ["127.0.0.1"]);
        _transport.NextAttempt().Answered.SetException(new NotSupportedException("no such endpoints here"));
        await Assert.ThrowsAsync<NotSupportedException>(() => connecting);
        _transport.AssertNoAttempt();
    }

    [Fact]
    public async Task Caller_that_has_already_given_up_starts_nothing()
    {
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new SockeyeClient(_options).ConnectAsync("example.com", 7000, new CancellationToken(true)).AsTask());
        Assert.IsNotType<ConnectException>(error);
        _transport.AssertNoLookup();
    }

    [Fact]
    public async Task Transport_error_that_resembles_a_cancellation_is_a_failed_attempt()
    {
        var connecting = Connect("192.0.2.1");
        _transport.NextAttempt().Answered.SetException(new OperationCanceledException("the engine was closed"));
        var error = await Assert.ThrowsAsync<ConnectException>(() => connecting);
        Assert.Equal(SocketError.OperationAborted, error.SocketError);
    }

    private Task<ConnectionContext> Connect(string host) =>
        new SockeyeClient(_options).ConnectAsync(host, 7000, TestContext.Current.CancellationToken).AsTask();

    private void Resolve(string[] ipv6, string[] ipv4)
    {
        _transport.NextLookup(AddressFamily.InterNetworkV6).Answer(ipv6);
        _transport.NextLookup(AddressFamily.InterNetwork).Answer(ipv4);
    }
}
