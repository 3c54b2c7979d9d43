using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

/// <summary>Every wait of a client that is given up says what it had come to.</summary>
public sealed class CancelledConnectTests : IDisposable
{
    private const string Refused = "Could not connect to 192.0.2.1:7000: refused (nothing listens there)";

    private readonly ObservedTime _time = new();
    private readonly ScriptedTransport _transport;
    private readonly CancellationTokenSource _cancel = new();

    public CancelledConnectTests() => _transport = new(_time);

    public void Dispose() => _cancel.Dispose();

    [Fact]
    public async Task Connect_reports_the_result_for_each_address()
    {
        var connecting = NewClient().ConnectAsync("example.com", 7000, _cancel.Token).AsTask();
        _transport.NextLookup(AddressFamily.InterNetworkV6).Answer("2001:db8::1");
        _transport.NextLookup(AddressFamily.InterNetwork).Answer("192.0.2.1");
        _transport.NextAttempt().Fail(SocketError.HostUnreachable);
        _time.Advance(2000);
        var error = await CancelAsync(connecting);
        Assert.Equal(
            "Connecting to example.com:7000 was cancelled: [2001:db8::1]:7000 host unreachable (it is down, or a firewall says "
                + "so), 192.0.2.1:7000 no answer in 2 s.",
            error.Message);
        Assert.IsType<SocketException>(error.InnerException);
    }

    [Fact]
    public async Task Connect_reports_that_the_name_was_still_being_resolved()
    {
        var error = await CancelAsync(NewClient().ConnectAsync("example.com", 7000, _cancel.Token).AsTask());
        Assert.Equal("Connecting to example.com:7000 was cancelled: the name was still being resolved.", error.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reconnect_has_the_last_error(bool duringDelay)
    {
        await using var connections = Reconnect();
        var next = connections.MoveNextAsync().AsTask();
        _transport.NextAttempt().Fail(SocketError.HostUnreachable);
        _time.Advance(_time.Timers.Last());
        _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
        if (!duringDelay)
        {
            _time.Advance(_time.Timers.Last());
            _transport.NextAttempt();
        }

        var error = await CancelAsync(next);
        Assert.Equal($"Reconnecting to 192.0.2.1:7000 was cancelled: attempt 2 failed: {Refused}.", error.Message);
        Assert.Equal($"{Refused}.", Assert.IsType<ConnectException>(error.InnerException).Message);
    }

    [Fact]
    public async Task Reconnect_reports_how_the_last_connection_ended()
    {
        await using var connections = Reconnect();
        var next = connections.MoveNextAsync().AsTask();
        var server = _transport.NextAttempt().Accept();
        Assert.True(await next);
        server.Abort();
        var error = await CancelAsync(connections.MoveNextAsync().AsTask());
        Assert.Equal(
            "Reconnecting to 192.0.2.1:7000 was cancelled: the last connection ended: the peer reset the connection (RST).",
            error.Message);
    }

    [Fact]
    public async Task Restarted_reconnect_knows_nothing_of_the_loop_before()
    {
        var all = NewClient().ReconnectAsync("192.0.2.1", 7000, CancellationToken.None);
        await using (var first = all.GetAsyncEnumerator(TestContext.Current.CancellationToken))
        {
            var next = first.MoveNextAsync().AsTask();
            _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
            _time.Advance(_time.Timers.Last());
            _transport.NextAttempt().Accept();
            Assert.True(await next);
        }

        await using var second = all.GetAsyncEnumerator(_cancel.Token);
        var error = await CancelAsync(second.MoveNextAsync().AsTask());
        Assert.Equal("Connecting to 192.0.2.1:7000 was cancelled: no answer in 0 ms.", error.Message);
    }

    [Fact]
    public async Task Connects_at_once_have_the_first_error()
    {
        var connecting = NewClient().ConnectManyAsync("192.0.2.1", 7000, 2, _cancel.Token);
        var error = await CancelAsync(connecting);
        Assert.Equal("Connecting to 192.0.2.1:7000 was cancelled: no answer in 0 ms.", error.Message);
    }

    [Fact]
    public async Task Wait_for_a_connection_of_a_pool_has_the_last_error()
    {
        await using var pool = NewPool(options => options.ConnectTimeout = TimeSpan.FromMinutes(1));
        var token = TestContext.Current.CancellationToken;
        var failing = pool.RentAsync(token).AsTask();
        var silent = pool.RentAsync(token).AsTask();
        var timedOut = pool.RentAsync(token).AsTask();
        var first = _transport.NextAttempt();
        var second = new TaskCompletionSource<ScriptedTransport.Attempt>(TaskCreationOptions.RunContinuationsAsynchronously);
        _transport.OnAttempt = second.SetResult;
        first.Fail(SocketError.ConnectionRefused);
        var cause = await Assert.ThrowsAsync<ConnectException>(() => failing);
        var attempt = await second.Task.Within();

        var error = await CancelAsync(pool.RentAsync(_cancel.Token).AsTask());
        Assert.Same(cause, error.InnerException);
        Assert.EndsWith($"and the last connect failed: {Refused}.", error.Message, StringComparison.Ordinal);

        _time.Advance(10_000);
        var late = await Assert.ThrowsAsync<ConnectionPoolFullException>(() => timedOut.Within());
        Assert.Same(cause, late.InnerException);
        Assert.EndsWith($"and the last connect failed: {Refused}.", late.Message, StringComparison.Ordinal);
        attempt.Fail(SocketError.HostUnreachable);
        await Assert.ThrowsAsync<ConnectException>(() => silent.Within());
    }

    [Fact]
    public async Task Connect_of_a_pool_has_the_last_error()
    {
        await using var pool = NewPool();
        var failing = pool.RentAsync(TestContext.Current.CancellationToken).AsTask();
        _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
        var cause = await Assert.ThrowsAsync<ConnectException>(() => failing);
        var error = await CancelAsync(pool.RentAsync(_cancel.Token).AsTask());
        Assert.Same(cause, error.InnerException);
    }

    [Fact]
    public async Task Step_between_the_connect_and_its_use_is_named()
    {
        var connecting = NewClient(options => options.UseTls()).ConnectAsync("192.0.2.1", 7000, _cancel.Token).AsTask();
        _transport.NextAttempt().Accept();
        var error = await CancelAsync(connecting);
        Assert.Equal(
            "Connecting to 192.0.2.1:7000 was cancelled: the connection was established, and UseTls had not ended.",
            error.Message);
        Assert.Equal(0, _transport.OpenCount);
    }

    [Fact]
    public async Task Step_of_the_users_own_that_does_not_end_is_a_connect_that_timed_out()
    {
        var connecting = NewClient(options => options.Use(async (connection, cancelled) =>
        {
            await connection.Transport.Input.ReadAsync(cancelled);
            return connection;
        })).ConnectAsync("192.0.2.1", 7000, _cancel.Token).AsTask();
        _transport.NextAttempt().Accept();
        _time.Advance(10_000);

        var error = await Assert.ThrowsAsync<ConnectException>(() => connecting);
        Assert.Equal(SocketError.TimedOut, error.SocketError);
        Assert.Contains("within 10 s (ConnectTimeout)", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, _transport.OpenCount);
    }

    private async Task<OperationCanceledException> CancelAsync(Task waiting)
    {
        Assert.False(waiting.IsCompleted);
        await _cancel.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(_cancel.Token, error.CancellationToken);
        Assert.True(waiting.IsCanceled);
        return error;
    }

    private IAsyncEnumerator<ConnectionContext> Reconnect() =>
        NewClient().ReconnectAsync("192.0.2.1", 7000, _cancel.Token).GetAsyncEnumerator(CancellationToken.None);

    private ConnectionPool NewPool(Action<SockeyeClientOptions>? configure = null) =>
        new(NewClient(configure), "192.0.2.1", 7000, new() { MaxConnections = 1 });

    private SockeyeClient NewClient(Action<SockeyeClientOptions>? configure = null) => new(options =>
    {
        (options.Transport, options.TimeProvider) = (_transport, _time);
        configure?.Invoke(options);
    });
}
