using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

public sealed class ReconnectTests
{
    private const int Seed = 20;

    private readonly ObservedTime _time = new();
    private readonly ScriptedTransport _transport;
    private readonly LogLines _log = new();
    private readonly SockeyeClientOptions _options;

    public ReconnectTests()
    {
        _transport = new(_time);
        _options = new() { Transport = _transport, TimeProvider = _time, Random = new Random(Seed), LoggerFactory = _log };
    }

    [Fact]
    public async Task Failed_attempts_wait_by_the_backoff_until_one_succeeds()
    {
        var expected = new Backoff(_options.Reconnect.MinDelay, _options.Reconnect.MaxDelay, new Random(Seed));
        await using var connections = Start();
        var next = connections.MoveNextAsync().AsTask();
        for (var attempt = 0; attempt < 12; attempt++)
        {
            _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
            Rest(Whole(expected.Next()));
        }

        _transport.NextAttempt().Accept();
        Assert.True(await next);
        Assert.Same(_transport.Opened.Single(), connections.Current);
    }

    [Fact]
    public async Task Asking_for_the_next_connection_disposes_the_last_and_dials_again()
    {
        await using var connections = Start();
        var server = await Connected(connections);
        await server.DisposeAsync();
        var first = _transport.Opened.Single();
        Assert.False(first.IsDisposed);

        var next = connections.MoveNextAsync().AsTask();
        Assert.True(first.IsDisposed);
        Rest(LastDelay());
        _transport.NextAttempt().Accept();
        Assert.True(await next);
        Assert.NotSame(first, connections.Current);
        Assert.Equal(1, _transport.OpenCount);
    }

    [Fact]
    public async Task Delays_go_on_growing_over_connections_that_do_not_last()
    {
        _options.Reconnect.StableAfter = TimeSpan.FromSeconds(10);
        var expected = new Backoff(_options.Reconnect.MinDelay, _options.Reconnect.MaxDelay, new Random(Seed));
        await using var connections = Start();
        await Connected(connections);
        for (var i = 0; i < 12; i++)
        {
            _time.Advance(9_999);
            var next = connections.MoveNextAsync().AsTask();
            Rest(Whole(expected.Next()));
            _transport.NextAttempt().Accept();
            Assert.True(await next);
        }
    }

    [Fact]
    public async Task Delays_start_from_the_shortest_after_a_connection_that_lasted()
    {
        await using var connections = Start();
        var next = connections.MoveNextAsync().AsTask();
        for (var attempt = 0; attempt < 12; attempt++)
        {
            _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
            Rest(LastDelay());
        }

        _transport.NextAttempt().Accept();
        Assert.True(await next);
        _time.Advance(10_000);
        next = connections.MoveNextAsync().AsTask();
        Assert.InRange(LastDelay(), _options.Reconnect.MinDelay, _options.Reconnect.MinDelay * 2);
        Rest(LastDelay());
        _transport.NextAttempt().Accept();
        Assert.True(await next);
    }

    [Fact]
    public async Task Last_error_is_thrown_when_that_many_attempts_failed_one_after_another()
    {
        _options.Reconnect.MaxAttempts = 3;
        await using var connections = Start();
        var next = connections.MoveNextAsync().AsTask();
        for (var attempt = 0; attempt < 2; attempt++)
        {
            _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
            Rest(LastDelay());
        }

        // A success in between starts the count again.
        _transport.NextAttempt().Accept();
        Assert.True(await next);
        next = connections.MoveNextAsync().AsTask();
        for (var attempt = 0; attempt < 2; attempt++)
        {
            Rest(LastDelay());
            _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
        }

        Rest(LastDelay());
        _transport.NextAttempt().Fail(SocketError.HostUnreachable);
        var error = await Assert.ThrowsAsync<ConnectException>(() => next);
        Assert.Equal(SocketError.HostUnreachable, error.SocketError);
        Assert.Equal(0, _time.ActiveTimers);
    }

    [Fact]
    public async Task Cancelling_ends_the_delay()
    {
        using var cancel = new CancellationTokenSource();
        await using var connections = StartUntil(cancel.Token);
        var next = connections.MoveNextAsync().AsTask();
        _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        Assert.Equal(0, _time.ActiveTimers);
    }

    [Fact]
    public async Task Cancelling_ends_the_attempt()
    {
        using var cancel = new CancellationTokenSource();
        await using var connections = StartUntil(cancel.Token);
        var next = connections.MoveNextAsync().AsTask();
        var attempt = _transport.NextAttempt();
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        Assert.True(attempt.IsCancelled);
    }

    [Fact]
    public async Task Cancelling_leaves_a_connection_in_use_alone_until_the_next_is_asked_for()
    {
        using var cancel = new CancellationTokenSource();
        await using var connections = StartUntil(cancel.Token);
        await Connected(connections);
        cancel.Cancel();
        Assert.Equal(1, _transport.OpenCount);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connections.MoveNextAsync().AsTask());
        Assert.Equal(0, _transport.OpenCount);
    }

    [Fact]
    public async Task Leaving_the_loop_disposes_the_connection()
    {
        _transport.OnAttempt = attempt => attempt.Accept();
        await foreach (var connection in NewClient().ReconnectAsync("192.0.2.1", 7000, TestContext.Current.CancellationToken))
        {
            Assert.Equal(1, _transport.OpenCount);
            break;
        }

        Assert.Equal(0, _transport.OpenCount);
    }

    [Fact]
    public async Task Every_step_is_logged_with_its_reason_and_the_next_delay()
    {
        await using var connections = Start();
        var next = connections.MoveNextAsync().AsTask();
        _transport.NextAttempt().Fail(SocketError.ConnectionRefused);
        var afterFailure = LastDelay();
        Rest(afterFailure);
        var server = _transport.NextAttempt().Accept();
        await next;
        _time.Advance(2000);
        server.Abort();
        next = connections.MoveNextAsync().AsTask();
        var afterLoss = LastDelay();
        Rest(afterLoss);
        _transport.NextAttempt().Accept();
        await next;

        var id = _transport.Opened.First().ConnectionId;
        Assert.Equal(
            [
                "3002 Attempt 1 failed: Could not connect to 192.0.2.1:7000: refused (nothing listens there). "
                    + $"Next attempt in {afterFailure}.",
                $"3000 {id} connected to 192.0.2.1:7000: 127.0.0.1:50000 -> 127.0.0.1:7000.",
                $"3001 {id} to 192.0.2.1:7000 ended after 00:00:02: the peer reset the connection (RST). "
                    + $"Next attempt in {afterLoss}.",
            ],
            _log.Lines.Take(3));
    }

    [Fact]
    public void Wrong_arguments_are_refused_before_the_loop_starts()
    {
        var token = TestContext.Current.CancellationToken;
        Assert.Throws<ArgumentException>(() => NewClient().ReconnectAsync("example.com:1", 7000, token));
        Assert.Throws<ArgumentNullException>(() => NewClient().ReconnectAsync((System.Net.EndPoint)null!, token));
    }

    private SockeyeClient NewClient() => new(_options);

    private IAsyncEnumerator<ConnectionContext> Start() => StartUntil(TestContext.Current.CancellationToken);

    private IAsyncEnumerator<ConnectionContext> StartUntil(CancellationToken cancellationToken) =>
        NewClient().ReconnectAsync("192.0.2.1", 7000, cancellationToken).GetAsyncEnumerator(CancellationToken.None);

    private async Task<MemoryConnection> Connected(IAsyncEnumerator<ConnectionContext> connections)
    {
        var next = connections.MoveNextAsync().AsTask();
        var server = _transport.NextAttempt().Accept();
        Assert.True(await next);
        return server;
    }

    private static TimeSpan Whole(TimeSpan delay) => TimeSpan.FromMilliseconds((long)delay.TotalMilliseconds);

    private TimeSpan LastDelay() => _time.Timers.Last();

    /// <summary>No attempt is made before the delay is over, and one is made then.</summary>
    private void Rest(TimeSpan delay)
    {
        Assert.Equal(delay, LastDelay());
        _time.Advance(delay - TimeSpan.FromTicks(1));
        _transport.AssertNoAttempt();
        _time.Advance(TimeSpan.FromTicks(1));
    }

    private sealed class LogLines : ILoggerFactory, ILogger
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add($"{eventId.Id} {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
