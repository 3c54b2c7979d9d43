using System.Net.Sockets;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

public sealed class ConnectionPoolTests : IAsyncDisposable
{
    private readonly ObservedTime _time = new();
    private readonly ScriptedTransport _transport;
    private readonly List<MemoryConnection> _servers = [];
    private readonly ConnectionPoolOptions _options = new() { MaxConnections = 2 };
    private ConnectionPool? _pool;

    public ConnectionPoolTests() =>
        _transport = new(_time) { OnAttempt = attempt => _servers.Add(attempt.Accept()) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ConnectionPool Pool => _pool ??= new(
        new SockeyeClient(options => (options.Transport, options.TimeProvider) = (_transport, _time)),
        "192.0.2.1",
        7000,
        _options);

    public async ValueTask DisposeAsync() => await Pool.DisposeAsync();

    [Fact]
    public async Task Returned_connection_is_lent_again()
    {
        var first = await Rent();
        await first.DisposeAsync();
        var second = await Rent();
        Assert.Same(first.Connection, second.Connection);
        Assert.Single(_transport.Opened);
    }

    [Fact]
    public async Task Connection_used_last_is_lent_first()
    {
        var (one, other) = (await Rent(), await Rent());
        await one.DisposeAsync();
        await other.DisposeAsync();
        Assert.Same(other.Connection, (await Rent()).Connection);
    }

    [Fact]
    public async Task Returning_twice_lends_the_connection_once()
    {
        var lease = await Rent();
        await lease.DisposeAsync();
        await lease.DisposeAsync();
        Assert.Equal((1, 1), (Pool.IdleCount, Pool.Count));
    }

    [Fact]
    public async Task Discarded_connection_is_closed_and_its_slot_is_free()
    {
        var lease = await Rent();
        lease.Discard();
        await lease.DisposeAsync();
        Assert.True(_transport.Opened.Single().IsDisposed);
        Assert.Equal(0, Pool.Count);
    }

    [Theory]
    [InlineData("unread bytes")]
    [InlineData("bytes examined but not consumed")]
    [InlineData("unflushed bytes")]
    [InlineData("ended by the peer")]
    [InlineData("reset by the peer")]
    [InlineData("aborted here")]
    [InlineData("input completed here")]
    [InlineData("read still under way")]
    public async Task Connection_is_not_kept_when_it_comes_back_with(string state)
    {
        var lease = await Rent();
        var (input, output) = (lease.Connection.Transport.Input, lease.Connection.Transport.Output);
        switch (state)
        {
            case "unread bytes":
                await _servers[0].Transport.Output.WriteAsync(new byte[1], Token);
                break;
            case "bytes examined but not consumed":
                await _servers[0].Transport.Output.WriteAsync(new byte[1], Token);
                var read = await input.ReadAsync(Token);
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                break;
            case "unflushed bytes":
                output.GetSpan(1);
                output.Advance(1);
                break;
            case "ended by the peer":
                await _servers[0].Transport.Output.CompleteAsync();
                break;
            case "reset by the peer":
                _servers[0].Abort();
                break;
            case "aborted here":
                lease.Connection.Abort();
                break;
            case "input completed here":
                await input.CompleteAsync();
                break;
            default:
                _ = input.ReadAsync(Token).AsTask();
                break;
        }

        await lease.DisposeAsync();
        Assert.True(_transport.Opened.Single().IsDisposed);
        Assert.Equal((0, 0), (Pool.IdleCount, Pool.Count));
    }

    [Fact]
    public async Task Bytes_left_by_one_exchange_after_another_are_distinguished_from_none()
    {
        for (var exchange = 0; exchange < 3; exchange++)
        {
            await using var lease = await Rent();
            await _servers[0].Transport.Output.WriteAsync(new byte[5], Token);
            var input = lease.Connection.Transport.Input;
            var read = await input.ReadAsync(Token);
            Assert.Equal(5, read.Buffer.Length);
            input.AdvanceTo(read.Buffer.End);
        }

        Assert.Single(_transport.Opened);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Idle_connection_that_died_or_got_bytes_unasked_is_replaced_when_lent(bool died)
    {
        await (await Rent()).DisposeAsync();
        if (died)
            await _servers[0].DisposeAsync();
        else
            await _servers[0].Transport.Output.WriteAsync(new byte[1], Token);
        var lease = await Rent();
        Assert.Same(_transport.Opened.Last(), lease.Connection);
        Assert.Equal((2, 1, 1), (_transport.Opened.Count, _transport.OpenCount, Pool.Count));
    }

    [Fact]
    public async Task Waiters_are_served_in_the_order_of_asking()
    {
        var leases = new Queue<PooledConnection>([await Rent(), await Rent()]);
        var waiting = Enumerable.Range(0, 20).Select(_ => Rent()).ToList();
        foreach (var waiter in waiting)
        {
            var connection = leases.Peek().Connection;
            await leases.Dequeue().DisposeAsync();
            var served = await waiter;
            Assert.Same(connection, served.Connection);
            leases.Enqueue(served);
        }

        Assert.Equal(2, _transport.Opened.Count);
    }

    [Fact]
    public async Task Cancelled_waiter_leaves_the_line_and_the_next_is_served()
    {
        var (one, _) = (await Rent(), await Rent());
        using var cancel = new CancellationTokenSource();
        var (gone, next) = (Pool.RentAsync(cancel.Token).AsTask(), Rent());
        cancel.Cancel();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.Equal(cancel.Token, error.CancellationToken);
        Assert.Equal(1, Pool.WaiterCount);
        await one.DisposeAsync();
        Assert.Same(one.Connection, (await next).Connection);
    }

    [Fact]
    public async Task One_more_waiter_than_allowed_is_refused_at_once()
    {
        _options.MaxWaiters = 1;
        await Rent();
        await Rent();
        var waiting = Rent();
        var error = await Assert.ThrowsAsync<ConnectionPoolFullException>(Rent);
        Assert.Equal(
            "No connection to 192.0.2.1:7000 is free: all 2 (MaxConnections) are in use, and 1 callers (MaxWaiters) wait "
                + "already.",
            error.Message);
        Assert.False(waiting.IsCompleted);
    }

    [Fact]
    public async Task Waiter_gives_up_after_the_wait_timeout()
    {
        await Rent();
        await Rent();
        var waiting = Rent();
        _time.Advance(9_999);
        Assert.Equal(1, Pool.WaiterCount);
        _time.Advance(1);
        Assert.Equal(0, Pool.WaiterCount);
        var error = await Assert.ThrowsAsync<ConnectionPoolFullException>(() => waiting);
        Assert.Equal(
            "No connection to 192.0.2.1:7000 became free within 10 s (WaitTimeout): all 2 (MaxConnections) are in use.",
            error.Message);
    }

    [Fact]
    public async Task Failed_connect_gives_its_slot_to_the_next_waiter()
    {
        _options.MaxConnections = 1;
        _transport.OnAttempt = null;
        var (first, second) = (Rent(), Rent());
        var attempt = _transport.NextAttempt();
        _transport.OnAttempt = next => next.Accept(); // before the failure, after which another thread connects
        attempt.Fail(SocketError.ConnectionRefused);
        await Assert.ThrowsAsync<ConnectException>(() => first);
        Assert.NotNull((await second).Connection);
        Assert.Equal(1, Pool.Count);
    }

    [Fact]
    public async Task Connection_that_is_being_opened_counts()
    {
        _transport.OnAttempt = null;
        var (one, other, third) = (Rent(), Rent(), Rent());
        var attempts = (_transport.NextAttempt(), _transport.NextAttempt());
        _transport.AssertNoAttempt();
        Assert.Equal((2, 1), (Pool.Count, Pool.WaiterCount));
        attempts.Item1.Accept();
        attempts.Item2.Accept();
        await (await one).DisposeAsync();
        await Task.WhenAll(other, third);
        Assert.Equal(2, _transport.Opened.Count);
    }

    [Fact]
    public async Task Cancelled_connect_frees_its_slot()
    {
        _transport.OnAttempt = null;
        using var cancel = new CancellationTokenSource();
        var renting = Pool.RentAsync(cancel.Token).AsTask();
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => renting);
        Assert.Equal(0, Pool.Count);
    }

    [Fact]
    public async Task Idle_connections_are_closed_each_after_its_own_idle_timeout()
    {
        var (one, other) = (await Rent(), await Rent());
        await one.DisposeAsync();
        _time.Advance(20_000);
        await other.DisposeAsync();
        _time.Advance(39_999);
        Assert.Equal(2, Pool.IdleCount);
        _time.Advance(1);
        Assert.True(_transport.Opened.First().IsDisposed);
        Assert.Equal(1, Pool.IdleCount);
        _time.Advance(19_999);
        Assert.Equal(1, Pool.Count);
        _time.Advance(1);
        Assert.Equal((0, 0), (Pool.Count, _transport.OpenCount));
        Assert.Equal("idle in the pool for 60 s", _transport.Opened.Last().CloseReason!.Description);
    }

    [Fact]
    public async Task Connection_in_regular_use_is_never_idle_for_too_long()
    {
        for (var use = 0; use < 10; use++)
        {
            await (await Rent()).DisposeAsync();
            _time.Advance(59_999);
        }

        Assert.Single(_transport.Opened);
        Assert.Equal(1, Pool.IdleCount);
    }

    [Fact]
    public async Task Infinite_idle_timeout_keeps_connections()
    {
        _options.IdleTimeout = Timeout.InfiniteTimeSpan;
        await (await Rent()).DisposeAsync();
        _time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(1, Pool.IdleCount);
    }

    [Fact]
    public async Task Disposing_fails_waiters_closes_what_is_idle_and_closes_loans_when_they_come_back()
    {
        var (lent, idle) = (await Rent(), await Rent());
        await idle.DisposeAsync();
        idle = await Rent();
        var waiting = Rent();
        await Pool.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(Rent);
        Assert.Equal(2, _transport.OpenCount);
        await idle.DisposeAsync();
        await lent.DisposeAsync();
        Assert.Equal((0, 0), (_transport.OpenCount, Pool.Count));
        Assert.Equal(0, _time.ActiveTimers);
    }

    [Fact]
    public async Task Disposing_closes_idle_connections_with_their_reason()
    {
        await (await Rent()).DisposeAsync();
        await Pool.DisposeAsync();
        await Pool.DisposeAsync();
        Assert.Equal(CloseCause.Stop, _transport.Opened.Single().CloseReason!.Cause);
        Assert.Equal((0, 0, 0), (_transport.OpenCount, Pool.Count, _time.ActiveTimers));
    }

    [Fact]
    public async Task Disposing_gives_up_connecting()
    {
        _transport.OnAttempt = null;
        var renting = Rent();
        await Pool.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => renting);
        Assert.True(_transport.NextAttempt().IsCancelled);
        Assert.Equal(0, Pool.Count);
    }

    [Fact]
    public void Every_option_out_of_range_is_refused_by_name()
    {
        Refused("MaxConnections", options => options.MaxConnections = 0);
        Refused("MaxWaiters", options => options.MaxWaiters = -1);
        Refused("WaitTimeout", options => options.WaitTimeout = TimeSpan.Zero);
        Refused("WaitTimeout", options => options.WaitTimeout = TimeSpan.FromDays(2));
        Refused("IdleTimeout", options => options.IdleTimeout = TimeSpan.FromSeconds(-2));
    }

    private static void Refused(string option, Action<ConnectionPoolOptions> change)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(option, () => change(new ConnectionPoolOptions()));
        Assert.Contains(option, error.Message, StringComparison.Ordinal);
    }

    private Task<PooledConnection> Rent() => Pool.RentAsync(Token).AsTask();
}
