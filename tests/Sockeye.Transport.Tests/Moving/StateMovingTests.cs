using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Sockeye.Transport.Tests.Moving;

/// <summary>The state of middleware and of the server that moves with a connection.</summary>
public sealed class StateMovingTests
{
    public static TheoryData<string> Pairs => MovingServers.Pairs;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Pairs))]
    public async Task Proxy_header_moves_and_is_not_read_from_the_peer_again(string pair)
    {
        await using var servers = await MovingServers.StartAsync(pair, static (listen, _) => listen
            .UseProxyProtocol(IPNetwork.Parse("127.0.0.0/8")).UseMoving().Run(Codec.Lines(1024), static async connection =>
            {
                var context = connection.Connection;
                await foreach (var line in connection.ReadAllAsync(CancellationToken.None))
                    await connection.WriteAsync($"{line} {context.RemoteEndPoint}", CancellationToken.None);
            }));
        using var client = await servers.ConnectAsync();
        await SendAsync(client, "PROXY TCP4 203.0.113.7 198.51.100.1 4711 443\r\none\n");
        Assert.Equal("one 203.0.113.7:4711\n", await ReceiveLineAsync(client));
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(1, (await servers.MoveAsync(i)).Moved);
            await SendAsync(client, "two\n");
            Assert.Equal("two 203.0.113.7:4711\n", await ReceiveLineAsync(client));
        }
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task Moved_connection_counts_in_the_limit_of_the_other_server_and_is_not_refused(string pair)
    {
        await using var servers = await MovingServers.StartAsync(pair, static (listen, _) => listen
            .UseConnectionLimit(1).UseMoving().Run(Codec.Lines(1024), static line => line));
        using var other = await servers.ConnectAsync(1); // The limit of the new server is reached.
        await SendAsync(other, "here\n");
        Assert.Equal("here\n", await ReceiveLineAsync(other));
        using var client = await servers.ConnectAsync();
        await SendAsync(client, "one\n");
        Assert.Equal("one\n", await ReceiveLineAsync(client));

        Assert.Equal(1, (await servers.MoveAsync()).Moved);

        await SendAsync(client, "two\n");
        Assert.Equal("two\n", await ReceiveLineAsync(client));
        other.Shutdown(SocketShutdown.Send);
        Assert.Equal("", await ReceiveLineAsync(other));
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var refused = await servers.ConnectAsync(1); // The moved one has the permit.
            await SendAsync(refused, "three\n");
            if (await ReceiveLineAsync(refused) is { } line)
                throw new InvalidOperationException(line);
        });
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task Idle_timeout_fires_in_the_other_server_when_its_time_is_over_in_both(string pair)
    {
        var time = new FakeTimeProvider();
        await using var servers = await MovingServers.StartAsync(
            pair,
            static (listen, _) => listen.UseIdleTimeout(TimeSpan.FromSeconds(60)).UseMoving()
                .Run(Codec.Lines(1024), static line => line),
            options => options.TimeProvider = time);
        using var client = await servers.ConnectAsync();
        await SendAsync(client, "one\n");
        Assert.Equal("one\n", await ReceiveLineAsync(client));
        time.Advance(TimeSpan.FromSeconds(50));

        Assert.Equal(1, (await servers.MoveAsync()).Moved);

        Assert.Single(servers.New.GetConnections());
        time.Advance(TimeSpan.FromSeconds(8));
        Assert.Single(servers.New.GetConnections());
        var ending = ReceiveLineAsync(client);
        while (!ending.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await Record.ExceptionAsync(() => ending); // A reset, or FIN.
        while (servers.New.ConnectionCount > 0)
            await Task.Yield();
        Assert.Equal(CloseCause.Timeout, Assert.Single(servers.New.GetClosedConnections()).CloseReason.Cause);
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task Requests_in_flight_are_answered_before_the_connection_moves(string pair)
    {
        var answering = new TaskCompletionSource();
        await using var servers = await MovingServers.StartAsync(pair, (listen, index) => listen.UseMoving().Run(
            Codec.Lines(1024), async (line, _) =>
            {
                if (line == "slow")
                    await answering.Task;
                return $"{index}: {line}";
            }));
        using var client = await servers.ConnectAsync();
        await SendAsync(client, "fast\nslow\n");
        Assert.Equal("0: fast\n", await ReceiveLineAsync(client));
        var moving = servers.MoveAsync();
        await SendAsync(client, "later\n");
        answering.SetResult();
        Assert.Equal("0: slow\n", await ReceiveLineAsync(client));
        Assert.Equal(1, (await moving).Moved);
        Assert.EndsWith(": later\n", await ReceiveLineAsync(client), StringComparison.Ordinal);
        await SendAsync(client, "last\n");
        Assert.Equal("1: last\n", await ReceiveLineAsync(client));
    }

    [Fact]
    public async Task Handler_that_answers_late_delays_no_other_connection_and_moves_then()
    {
        var (time, answering) = (new FakeTimeProvider(), new TaskCompletionSource());
        await using var servers = await MovingServers.StartAsync(
            "epoll to epoll",
            (listen, _) => listen.UseMoving().Run(Codec.Lines(1024), async (line, _) =>
            {
                if (line == "slow")
                    await answering.Task;
                return line;
            }),
            options => options.TimeProvider = time);
        using var slow = await servers.ConnectAsync();
        await SendAsync(slow, "fast\nslow\n");
        Assert.Equal("fast\n", await ReceiveLineAsync(slow));
        using var fast = await servers.ConnectAsync();
        await SendAsync(fast, "fast\n");
        Assert.Equal("fast\n", await ReceiveLineAsync(fast));

        var moving = servers.MoveAsync(options: new() { HandlerTimeout = TimeSpan.FromHours(1), MaxConcurrency = 1 });
        for (var i = 0; servers.New.ConnectionCount == 0 && i < 1000; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Token);
        }

        Assert.Equal(1, servers.New.ConnectionCount);
        Assert.False(moving.IsCompleted);
        answering.SetResult();
        Assert.Equal("slow\n", await ReceiveLineAsync(slow));
        Assert.Equal(2, (await moving).Moved);
    }

    private static async Task SendAsync(Socket client, string text) =>
        await client.SendAsync(Encoding.UTF8.GetBytes(text), Token);

    /// <summary>Returns a line with its end, or what came before the end of the connection.</summary>
    private static async Task<string> ReceiveLineAsync(Socket client)
    {
        var line = new StringBuilder();
        var bytes = new byte[1];
        while (line.Length == 0 || line[^1] != '\n')
        {
            if (await client.ReceiveAsync(bytes, Token) == 0)
                break;
            line.Append((char)bytes[0]);
        }

        return line.ToString();
    }
}
