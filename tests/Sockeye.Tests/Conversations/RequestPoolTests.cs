using System.Net;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Conversations;

public sealed class RequestPoolTests
{
    private const int Seed = 41;
    private const int Port = 7000;

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 64);

    [Fact]
    public void Each_request_has_a_connection_alone_and_connections_are_used_again() => Simulated.Run(Seed, async world =>
    {
        var inFlight = new Dictionary<string, int>();
        await using var server = await world.StartWith(listen => listen.Run(Lines, async peer =>
        {
            await foreach (var line in peer.ReadAllAsync())
            {
                Assert.Equal(1, inFlight[peer.ConnectionId] = inFlight.GetValueOrDefault(peer.ConnectionId) + 1);
                await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
                Assert.False(peer.TryRead(out _));
                inFlight[peer.ConnectionId]--;
                await peer.WriteAsync($"re {line}");
            }
        }));
        await using var pool = NewPool(world, new() { MaxConnections = 2 });
        var requests = pool.AsRequests(Lines);

        var sent = Enumerable.Range(0, 6).Select(number => requests.SendAsync($"{number}").AsTask()).ToList();
        for (var number = 0; number < sent.Count; number++)
            Assert.Equal($"re {number}", await sent[number]);

        Assert.Equal(2, inFlight.Count);
        Assert.Equal((2, 2), (pool.Count, pool.IdleCount));
    });

    [Fact]
    public void Each_connection_is_prepared_once() => Simulated.Run(Seed, async world =>
    {
        List<string> received = [];
        await using var server = await world.StartWith(listen => listen.Run(Lines, line =>
        {
            received.Add(line);
            return $"re {line}";
        }));
        await using var pool = NewPool(world, new() { MaxConnections = 1 });
        var requests = pool.AsRequests(
            Lines, rules => rules.OnConnected = async (connection, token) => await connection.SendAsync("login", token));

        Assert.Equal("re one", await requests.SendAsync("one"));
        Assert.Equal("re two", await requests.SendAsync("two"));

        Assert.Equal(["login", "one", "two"], received);
    });

    [Fact]
    public void Preparation_that_fails_is_the_error_of_the_request_and_closes_the_connection() => Simulated.Run(
        Seed, async world =>
        {
            await using var server = await StartEcho(world);
            await using var pool = NewPool(world);
            var attempts = 0;
            var requests = pool.AsRequests(
                Lines,
                rules => rules.OnConnected = (_, _) => ++attempts == 1 ? throw new InvalidDataException("no login") : default);

            var sent = requests.SendAsync("one").AsTask();
            var error = await Assert.ThrowsAsync<RequestException>(() => sent);

            Assert.Equal((RequestError.NotConnected, false), (error.Error, error.MayHaveBeenDone));
            Assert.Contains("no login", error.Message);
            Assert.Equal("re two", await requests.SendAsync("two"));
            Assert.Equal((2, 1), (attempts, pool.Count));
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Request_whose_connection_ends_is_repeated_only_if_that_is_safe(bool isSafe) => Simulated.Run(Seed, async world =>
    {
        var received = 0;
        await using var server = await world.StartWith(listen => listen.Run(
            Lines, line => line is "bad" || ++received == 1 ? throw new IOException("lost") : $"re {line}"));
        await using var pool = NewPool(world);
        var requests = pool.AsRequests(Lines, rules => rules.IsSafeToRepeat = line => isSafe && line is not "bad");

        var sent = requests.SendAsync("one").AsTask();
        if (isSafe)
            Assert.Equal("re one", await sent);
        else
            Assert.True((await Assert.ThrowsAsync<RequestException>(() => sent)).MayHaveBeenDone);

        Assert.Equal(isSafe ? 2 : 1, received);
        var bad = requests.SendAsync("bad").AsTask();
        Assert.Equal(RequestError.ConnectionEnded, (await Assert.ThrowsAsync<RequestException>(() => bad)).Error);
    });

    [Fact]
    public void Safe_request_is_sent_three_times_at_most() => Simulated.Run(Seed, async world =>
    {
        var received = 0;
        await using var server = await world.StartWith(listen => listen.Run(Lines, line =>
        {
            received++;
            return line.Length > 0 ? throw new IOException("lost") : line;
        }));
        await using var pool = NewPool(world);
        var requests = pool.AsRequests(Lines, rules => rules.IsSafeToRepeat = _ => true);

        var sent = requests.SendAsync("one").AsTask();
        var error = await Assert.ThrowsAsync<RequestException>(() => sent);

        Assert.Equal((3, RequestError.ConnectionEnded, true), (received, error.Error, error.MayHaveBeenDone));
    });

    [Fact]
    public void Late_response_of_a_request_that_was_cancelled_reaches_no_other_one() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.Run(Lines, async (line, _) =>
        {
            // The token of the connection is not passed: the response must be late, not missing.
            await Task.Delay(TimeSpan.FromSeconds(5), world.Time, CancellationToken.None);
            return $"re {line}";
        }));
        await using var pool = NewPool(world, new() { MaxConnections = 1 });
        var requests = pool.AsRequests(Lines);
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(4), world.Time);

        var cancelled = requests.SendAsync("one", cancel.Token).AsTask();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        var expired = requests.SendAsync("two", TimeSpan.FromSeconds(2)).AsTask();
        var error = await Assert.ThrowsAsync<RequestException>(() => expired);

        Assert.Equal((RequestError.TimedOut, true), (error.Error, error.MayHaveBeenDone));
        Assert.Equal("re three", await requests.SendAsync("three"));
    });

    [Fact]
    public void Request_that_gets_no_connection_in_time_or_in_the_queue_was_not_sent() => Simulated.Run(Seed, async world =>
    {
        await using var server = await StartEcho(world);
        await using var pool = NewPool(world, new() { MaxConnections = 1, MaxWaiters = 1 });
        var requests = pool.AsRequests(Lines);
        await using var rented = await pool.RentAsync();

        var waiting = requests.SendAsync("one", TimeSpan.FromSeconds(3)).AsTask();
        var full = requests.SendAsync("two").AsTask();
        var fullError = await Assert.ThrowsAsync<RequestException>(() => full);
        var waitError = await Assert.ThrowsAsync<RequestException>(() => waiting);

        Assert.Equal((RequestError.TooManyWaiters, false), (fullError.Error, fullError.MayHaveBeenDone));
        Assert.Equal((RequestError.TimedOut, false), (waitError.Error, waitError.MayHaveBeenDone));
        Assert.Contains("MaxConnections", waitError.Message);
    });

    [Fact]
    public void Pool_connects_to_the_first_endpoint_that_accepts_and_prefers_the_first_of_all() => Simulated.Run(
        Seed, async world =>
        {
            var backup = world.Network.AddHost("backup");
            await using var second = await world.StartWith(
                listen => listen.Run(Lines, line => $"backup {line}"), options => options.Transport = backup);
            await using var pool = new ConnectionPool(
                world.NewClient(), [new DnsEndPoint("server", Port), new DnsEndPoint("backup", Port)]);
            var requests = pool.AsRequests(Lines);
            Assert.Equal("backup one", await requests.SendAsync("one"));

            var first = await StartEcho(world);
            Assert.Equal("backup two", await requests.SendAsync("two")); // Its connection is still open.
            await second.StopAsync();
            Assert.Equal("re three", await requests.SendAsync("three"));

            await first.DisposeAsync();
            var lost = requests.SendAsync("four").AsTask();
            var error = await Assert.ThrowsAsync<RequestException>(() => lost);
            Assert.Equal((RequestError.NotConnected, false), (error.Error, error.MayHaveBeenDone));
            Assert.Contains("server:7000", error.Message);
            Assert.Contains("backup:7000", error.Message);
        });

    [Fact]
    public async Task Disposed_pool_and_missing_endpoints_are_errors_of_the_caller()
    {
        var pool = new ConnectionPool(new SockeyeClient(), "192.0.2.1", Port);
        await pool.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => pool.AsRequests(Lines).SendAsync("one", TestContext.Current.CancellationToken).AsTask());
        var error = Assert.Throws<ArgumentException>(() => new ConnectionPool(new SockeyeClient(), Array.Empty<EndPoint>()));
        Assert.Equal("endpoints", error.ParamName);
    }

    private static ConnectionPool NewPool(Simulated world, ConnectionPoolOptions? options = null) =>
        new(world.NewClient(), "server", Port, options);

    private static Task<SockeyeServer> StartEcho(Simulated world) =>
        world.StartWith(listen => listen.Run(Lines, line => $"re {line}"));
}
