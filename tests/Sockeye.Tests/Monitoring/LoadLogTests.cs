using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Monitoring;

/// <summary>What a server says in its log of how near it is to not serving.</summary>
public sealed class LoadLogTests
{
    private const int Seed = 1703;

    [Fact]
    public void Accept_queue_is_logged_when_half_full_when_full_and_when_it_is_over() => Simulated.Run(Seed, async world =>
    {
        var host = world.Network.AddHost("small", new() { Backlog = 4 });
        await using var server = await world.StartWith(
            listen => listen.UseConnectionLimit(1, LimitAction.LeaveInBacklog).Run(ConnectionText.Echo),
            options => options.Transport = host);
        var clients = new List<ConnectionContext>();
        var lines = new List<int>();
        for (var waiting = 0; waiting <= 4; waiting++)
        {
            clients.Add(await world.Client.ConnectAsync(new IPEndPoint(host.Address, 7000)));
            await world.Pass(TimeSpan.FromSeconds(20));
            lines.Add(world.Log.WithId(1310).Count());
        }

        Assert.Equal([0, 0, 1, 1, 2], lines);
        Assert.All(world.Log.WithId(1310), line => Assert.Equal(LogLevel.Warning, line.Level));
        Assert.StartsWith("AcceptQueue at 50 %: 2 clients wait in the accept queue of ", world.Log.WithId(1310).First().Message);
        Assert.StartsWith("AcceptQueue at 100 %: 4 clients wait in the accept queue of ", world.Log.WithId(1310).Last().Message);

        foreach (var client in clients)
            await client.DisposeAsync();
        await world.Until(() => world.Log.WithId(1311).Any(), "the end was logged");
        // Seen by looks, one a second.
        var over = Assert.Single(world.Log.WithId(1311)).Message;
        Assert.Matches(
            $@"^AcceptQueue on {Regex.Escape($"{server.EndPoints[0]}")} is over: it lasted 00:(00:59|01:00)", over);
    });

    [Fact]
    public void Sign_that_comes_and_goes_is_logged_once() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo, options => options.MaxConnections = 5);
        for (var i = 0; i < 3; i++)
            await world.Connect();
        for (var i = 0; i < 20; i++)
        {
            var fourth = await world.Connect();
            await world.Pass(TimeSpan.FromSeconds(3));
            await fourth.DisposeAsync();
            await world.Pass(TimeSpan.FromSeconds(3));
        }

        Assert.StartsWith("Connections at 80 %: 4 of 5 connections are open", Assert.Single(world.Log.WithId(1310)).Message);
        Assert.Empty(world.Log.WithId(1311));
        await world.Pass(TimeSpan.FromSeconds(10));
        Assert.Single(world.Log.WithId(1311));
    });

    [Fact]
    public async Task Server_without_connections_is_not_looked_at()
    {
        var (time, transport, log) = (new CountedTime(), new ScriptedServerTransport { RunsInline = true }, new TestLog());
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            (options.Transport, options.TimeProvider, options.LoggerFactory) = (transport, time, log);
            (options.ShutdownTimeout, options.MaxConnections) = (TimeSpan.Zero, 1);
            options.ListenAnyIP(0).Run(connection => connection.ConnectionClosed.WhenCancelledAsync());
        }, TestContext.Current.CancellationToken);
        PassAnHour();
        Assert.Equal(0, time.WakeUps);

        var connection = MemoryConnection.CreatePair().Server;
        transport.Listener.Accept(connection);
        await BoundedWait.Until(() => server.GetConnections() is [{ State: ConnectionState.Open }], "the handler ran");
        time.Pass(TimeSpan.FromSeconds(10), step: TimeSpan.FromSeconds(1));
        Assert.InRange(time.WakeUps, 10, 12);
        Assert.Single(log.WithId(1310));

        connection.Abort();
        await BoundedWait.Until(() => server.ConnectionCount == 0, "the connection was gone");
        PassAnHour();
        Assert.Single(log.WithId(1311));
        var before = time.WakeUps;
        PassAnHour();
        Assert.Equal(before, time.WakeUps);

        transport.Listener.Accept(MemoryConnection.CreatePair().Server);
        await BoundedWait.Until(() => server.GetConnections() is [{ State: ConnectionState.Open }], "another handler ran");
        PassAnHour();
        Assert.Equal(2, log.WithId(1310).Count());
        Assert.Null(time.Thrown);

        void PassAnHour() => time.Pass(TimeSpan.FromHours(1), step: TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Server_at_rest_is_looked_at_less_often_until_a_connection_comes()
    {
        var (time, transport, log) = (new CountedTime(), new ScriptedServerTransport { RunsInline = true }, new TestLog());
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            (options.Transport, options.TimeProvider, options.LoggerFactory) = (transport, time, log);
            (options.ShutdownTimeout, options.MaxConnections) = (TimeSpan.Zero, 2);
            options.ListenAnyIP(0).Run(connection => connection.ConnectionClosed.WhenCancelledAsync());
        }, TestContext.Current.CancellationToken);
        transport.Listener.Accept(MemoryConnection.CreatePair().Server);
        await BoundedWait.Until(() => server.GetConnections() is [{ State: ConnectionState.Open }], "the handler ran");

        time.Pass(TimeSpan.FromSeconds(80), step: TimeSpan.FromSeconds(1));

        Assert.InRange(time.WakeUps, 10, 16);
        Assert.Empty(log.WithId(1310));
        transport.Listener.Accept(MemoryConnection.CreatePair().Server);
        await BoundedWait.Until(
            () => server.GetConnections() is [{ State: ConnectionState.Open }, { State: ConnectionState.Open }],
            "the second handler ran");
        time.Pass(LoadMonitor.Interval, step: LoadMonitor.Interval);
        Assert.Single(log.WithId(1310));
        Assert.Null(time.Thrown);
    }
}
