using System.Net;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Conversations;

public sealed class RequestClientTests
{
    private const int Seed = 19;
    private const int Port = 7000;

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 64);

    [Fact]
    public void Requests_reach_the_server_again_after_it_was_lost() => Simulated.Run(Seed, async world =>
    {
        var server = await StartEcho(world);
        await using var requests = world.NewClient().KeepRequests("server", Port, Lines);
        Assert.Equal("re one", await requests.SendAsync("one"));

        await server.StopAsync();
        await world.Until(() => requests.State.Status is ReconnectStatus.Waiting, "the client waits");
        var waiting = requests.SendAsync("two").AsTask();
        await world.Pass(TimeSpan.FromSeconds(10));
        Assert.Equal(1, requests.QueuedRequestCount);
        await using var again = await StartEcho(world);

        Assert.Equal("re two", await waiting);
        Assert.Equal(ReconnectStatus.Connected, requests.State.Status);
        await server.DisposeAsync();
    });

    [Fact]
    public void Each_new_connection_is_prepared_before_other_requests() => Simulated.Run(Seed, async world =>
    {
        List<string> received = [];
        await using var server = await world.StartWith(listen => listen.Run(Lines, line =>
        {
            received.Add(line);
            return line is "quit" ? throw new IOException("quit") : $"re {line}";
        }));
        await using var requests = world.NewClient().KeepRequests("server", Port, Lines, rules =>
        {
            rules.OnConnected = async (connection, token) => await connection.SendAsync("login", token);
            rules.IsSafeToRepeat = line => line is not "quit";
        });

        Assert.Equal("re one", await requests.SendAsync("one"));
        var quit = requests.SendAsync("quit").AsTask();
        var error = await Assert.ThrowsAsync<RequestException>(() => quit);
        Assert.True(error.MayHaveBeenDone);
        var two = requests.SendAsync("two").AsTask();
        Assert.Equal("re two", await two);

        Assert.Equal(["login", "one", "quit", "login", "two"], received);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Request_that_was_sent_is_repeated_only_if_that_is_safe(bool isSafe) => Simulated.Run(Seed, async world =>
    {
        var received = 0;
        await using var server = await world.StartWith(listen => listen.Run(
            Lines, line => ++received == 1 ? throw new IOException("lost") : $"re {line}"));
        await using var requests = world.NewClient().KeepRequests(
            "server", Port, Lines, rules => rules.IsSafeToRepeat = _ => isSafe);

        var sent = requests.SendAsync("one").AsTask();

        if (isSafe)
            Assert.Equal("re one", await sent);
        else
            Assert.True((await Assert.ThrowsAsync<RequestException>(() => sent)).MayHaveBeenDone);
        Assert.Equal(isSafe ? 2 : 1, received);
    });

    [Fact]
    public void Safe_request_is_sent_a_bounded_number_of_times() => Simulated.Run(Seed, async world =>
    {
        var received = 0;
        await using var server = await world.StartWith(listen => listen.Run(Lines, line =>
        {
            received++;
            return line is "bad" ? throw new IOException("lost") : line;
        }));
        await using var requests = world.NewClient().KeepRequests(
            "server", Port, Lines, rules => rules.IsSafeToRepeat = _ => true, new() { MaxSends = 3 });

        var sent = requests.SendAsync("bad").AsTask();
        var error = await Assert.ThrowsAsync<RequestException>(() => sent);

        Assert.Equal((RequestError.ConnectionEnded, true), (error.Error, error.MayHaveBeenDone));
        Assert.Equal(3, received);
    });

    [Fact]
    public void Request_without_a_connection_fails_at_once_if_none_may_wait() => Simulated.Run(Seed, async world =>
    {
        await using var requests = world.NewClient().KeepRequests(
            "server", Port, Lines, options: new() { MaxQueuedRequests = 0 });
        await world.Until(() => requests.State.Status is ReconnectStatus.Waiting, "the client waits");

        var sent = requests.SendAsync("one").AsTask();
        var error = await Assert.ThrowsAsync<RequestException>(() => sent);

        Assert.Equal((RequestError.NotConnected, false), (error.Error, error.MayHaveBeenDone));
        Assert.Contains("MaxQueuedRequests", error.Message);
        Assert.Contains("refused", error.Message);
    });

    [Fact]
    public void Request_that_waits_for_a_connection_times_out_and_was_not_sent() => Simulated.Run(Seed, async world =>
    {
        await using var requests = world.NewClient().KeepRequests("server", Port, Lines);

        var begun = world.Network.Elapsed;
        var sent = requests.SendAsync("one", TimeSpan.FromSeconds(3)).AsTask();
        var error = await Assert.ThrowsAsync<RequestException>(() => sent);

        Assert.Equal((RequestError.TimedOut, false), (error.Error, error.MayHaveBeenDone));
        Assert.Equal(3, (world.Network.Elapsed - begun).TotalSeconds, 0.2);
        Assert.Equal(0, requests.QueuedRequestCount);
    });

    [Fact]
    public void Client_that_gives_up_fails_what_waits_and_says_so() => Simulated.Run(Seed, async world =>
    {
        List<ReconnectStatus> states = [];
        await using var requests = world.NewClient(options => options.Reconnect.MaxAttempts = 3).KeepRequests(
            "server", Port, Lines, options: new() { OnStateChanged = state => states.Add(state.Status) });

        var sent = requests.SendAsync("one").AsTask();
        var error = await Assert.ThrowsAsync<RequestException>(() => sent);

        Assert.Equal((RequestError.NotConnected, false), (error.Error, error.MayHaveBeenDone));
        Assert.Contains("gave up after 3", error.Message);
        Assert.IsType<ConnectException>(requests.State.Error);
        Assert.Equal(
            [ReconnectStatus.Waiting, ReconnectStatus.Waiting, ReconnectStatus.GaveUp], states);
    });

    [Fact]
    public void Preparation_that_fails_is_tried_again_later_and_is_the_error_of_the_state() => Simulated.Run(
        Seed, async world =>
        {
            await using var server = await StartEcho(world);
            List<ReconnectState> states = [];
            var attempts = 0;
            await using var requests = world.NewClient().KeepRequests(
                "server", Port, Lines,
                rules => rules.OnConnected = (_, _) => ++attempts < 3 ? throw new InvalidDataException("no login") : default,
                new() { OnStateChanged = states.Add });

            Assert.Equal("re one", await requests.SendAsync("one"));

            Assert.Equal(3, attempts);
            Assert.Equal([1, 2, 0], states.Select(state => state.FailedAttempts));
            Assert.IsType<InvalidDataException>(states[0].Error);
            Assert.True(states[0].Delay > TimeSpan.Zero);
            Assert.Equal(ReconnectStatus.Connected, states[2].Status);
        });

    [Fact]
    public void Preparation_that_does_not_end_is_cancelled_after_the_connect_timeout() => Simulated.Run(Seed, async world =>
    {
        await using var server = await StartEcho(world);
        await using var requests = world.NewClient(options => options.ConnectTimeout = TimeSpan.FromSeconds(2)).KeepRequests(
            "server", Port, Lines,
            rules => rules.OnConnected = async (_, token) => await Task.Delay(Timeout.InfiniteTimeSpan, world.Time, token));

        await world.Until(() => requests.State.Error is TimeoutException, "the preparation timed out");

        Assert.Contains("ConnectTimeout", requests.State.Error!.Message);
    });

    [Fact]
    public void First_endpoint_that_accepts_is_used_and_the_first_of_all_is_preferred() => Simulated.Run(Seed, async world =>
    {
        var backup = world.Network.AddHost("backup");
        await using var second = await world.StartWith(
            listen => listen.Run(Lines, line => $"backup {line}"), options => options.Transport = backup);
        await using var requests = world.NewClient().KeepRequests(
            [new DnsEndPoint("server", Port), new DnsEndPoint("backup", Port)], Lines, Lines);
        Assert.Equal("backup one", await requests.SendAsync("one"));

        await using var first = await StartEcho(world);
        await second.StopAsync();

        Assert.Equal("re two", await requests.SendAsync("two"));
    });

    [Fact]
    public void Several_connections_share_the_requests() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.Run(Lines, async (line, token) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time, token);
            return line;
        }));
        await using var requests = world.NewClient().KeepRequests(
            "server", Port, Lines, options: new() { MaxConnections = 3 });
        await world.Until(() => server.ConnectionCount == 3, "all connections are open");

        var begun = world.Network.Elapsed;
        var sent = Enumerable.Range(0, 3).Select(each => requests.SendAsync($"{each}").AsTask()).ToList();
        foreach (var each in sent)
            await each;

        Assert.InRange((world.Network.Elapsed - begun).TotalSeconds, 1, 1.9);
    });

    [Fact]
    public void Disposal_closes_the_connection_and_fails_what_has_no_response() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.Run(Lines, async (line, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, world.Time, token);
            return line;
        }));
        var requests = world.NewClient().KeepRequests("server", Port, Lines);
        var sent = requests.SendAsync("one").AsTask();
        await requests.WaitUntilConnectedAsync();
        await world.Pass(TimeSpan.FromSeconds(1));

        await requests.DisposeAsync();
        await requests.DisposeAsync();

        Assert.True((await Assert.ThrowsAsync<RequestException>(() => sent)).MayHaveBeenDone);
        var late = requests.SendAsync("two").AsTask();
        Assert.Equal(RequestError.NotConnected, (await Assert.ThrowsAsync<RequestException>(() => late)).Error);
        Assert.Equal(ReconnectStatus.Ended, requests.State.Status);
    });

    [Fact]
    public void List_without_an_endpoint_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new SockeyeClient().KeepRequests([], Lines, Lines));

        Assert.Equal("endpoints", error.ParamName);
    }

    private static Task<SockeyeServer> StartEcho(Simulated world) =>
        world.StartWith(listen => listen.Run(Lines, line => $"re {line}"));
}
