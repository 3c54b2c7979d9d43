using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;
using Sockeye.Testing;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Monitoring;

/// <summary>What a server reports about saturation, before its clients fail.</summary>
public sealed class ServerLoadTests : IAsyncDisposable
{
    private const int Seed = 1702;

    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedServerTransport _transport = new();
    private SockeyeServer? _server;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Server_that_keeps_up_has_no_signs() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);
        await using var client = await world.Connect();
        await client.SendAsync("x");
        await client.ReadAsync(1);

        var load = server.GetLoad();

        Assert.Empty(load.Signs);
        Assert.Equal((1, 100_000), (load.Connections, load.MaxConnections));
        Assert.Equal((0, TimeSpan.Zero, 0, 0), (load.Waiting, load.LongestWait, load.ReadPaused, load.SendBlocked));
        var listener = Assert.Single(load.Listeners);
        Assert.Equal(server.EndPoints[0], listener.EndPoint);
        Assert.True(listener.IsListening);
        Assert.Equal(0, listener.AcceptQueueDepth);
        Assert.Null(listener.AcceptFailingFor);
        Assert.Null(listener.HeldFor);
    });

    [Fact]
    public void Connections_are_a_sign_from_80_percent_of_the_maximum() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo, options => options.MaxConnections = 5);
        for (var open = 1; open <= 5; open++)
        {
            await world.Connect();
            await world.Until(() => server.ConnectionCount == open, $"{open} were open");
            if (open < 4)
                Assert.Empty(server.GetLoad().Signs);
            else
                Assert.Equal(open / 5.0, SignOf(server, SaturationKind.Connections).Level);
        }

        Assert.Equal(
            "5 of 5 connections are open (MaxConnections): raise it, or find the clients that keep them open",
            SignOf(server, SaturationKind.Connections).Description);
    });

    [Fact]
    public void Queue_that_a_limit_fills_is_a_sign_from_its_half_and_so_is_the_limit() => Simulated.Run(Seed, async world =>
    {
        var host = world.Network.AddHost("small", new() { Backlog = 8 });
        await using var server = await world.StartWith(
            listen => listen.UseConnectionLimit(1, LimitAction.LeaveInBacklog).Run(ConnectionText.Echo),
            options => options.Transport = host);
        var clients = new List<ConnectionContext>();
        for (var waiting = 0; waiting <= 8; waiting++)
        {
            clients.Add(await ConnectAsync(world, host));
            await world.Until(() => server.GetLoad().Listeners[0].AcceptQueueDepth == waiting, $"{waiting} clients waited");
            await world.Pass(TimeSpan.FromSeconds(1.5));
            var signs = server.GetLoad().Signs;
            Assert.Equal(waiting >= 4, signs.Any(sign => sign.Kind is SaturationKind.AcceptQueue && sign.Level == waiting / 8.0));
            Assert.Equal(
                waiting >= 1, signs.Any(sign => sign.Kind is SaturationKind.AcceptHeld && sign.Level == 0.5 + (waiting / 16.0)));
            Assert.All(signs, sign => Assert.Equal(server.EndPoints[0], sign.EndPoint));
        }

        Assert.Equal(
            "8 clients wait in the accept queue of 0.0.0.0:7000, whose limit is 8: a full queue drops clients; find what keeps "
                + "the server from accepting, or raise net.core.somaxconn and the limit of the queue (Backlog)",
            SignOf(server, SaturationKind.AcceptQueue).Description.Replace("[::]", "0.0.0.0", StringComparison.Ordinal));
        var held = SignOf(server, SaturationKind.AcceptHeld);
        Assert.StartsWith("a limit keeps 8 clients of ", held.Description);
        Assert.EndsWith(" (UseConnectionLimit)", held.Description);
        Assert.Equal("UseConnectionLimit", held.Explanation.Option);
        Assert.InRange(
            server.GetLoad().Listeners[0].HeldFor!.Value, TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(15));

        // All clients are served in the end: none failed before the signs appeared, or after.
        foreach (var client in clients)
        {
            await client.SendAsync("x");
            Assert.Equal("x", await client.ReadAsync(1));
            await client.DisposeAsync();
        }

        await world.Until(() => server.GetLoad() is { Signs: [], Listeners: [{ HeldFor: null }] }, "all was well");
    });

    [Fact]
    public void Limit_that_is_reached_while_no_client_waits_is_not_a_sign() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(
            listen => listen.UseConnectionLimit(1, LimitAction.LeaveInBacklog).Run(ConnectionText.Echo));
        await using var client = await world.Connect();
        await world.Until(() => server.ConnectionCount == 1, "the client was accepted");

        await world.Pass(TimeSpan.FromSeconds(10));

        Assert.Empty(server.GetLoad().Signs);
    });

    [Fact]
    public async Task Clients_that_no_thread_comes_to_are_a_sign_that_grows()
    {
        await StartAsync(ConnectionText.Echo);
        await AcceptAsync();
        await BoundedWait.Until(() => _server!.GetLoad().Waiting == 0, "the handler had begun");
        _transport.HoldThreads();
        await AcceptAsync(count: 2);
        Assert.Empty(_server!.GetLoad().Signs);

        _time.Advance(TimeSpan.FromMilliseconds(240));
        Assert.Empty(_server.GetLoad().Signs);
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal(0.525, SignOf(_server, SaturationKind.HandlersWaiting).Level, 0.0001);
        _time.Advance(TimeSpan.FromMilliseconds(2250));
        Assert.Equal(0.75, SignOf(_server, SaturationKind.HandlersWaiting).Level, 0.0001);
        _time.Advance(TimeSpan.FromSeconds(20));
        var sign = SignOf(_server, SaturationKind.HandlersWaiting);
        Assert.Equal((1, null), (sign.Level, sign.EndPoint));
        Assert.StartsWith("2 new clients wait for a thread, for up to 22.5 s: ", sign.Description);
        Assert.Equal((3, 2), (_server.GetLoad().Connections, _server.GetLoad().Waiting));
        Assert.Equal(TimeSpan.FromSeconds(22.5), _server.GetLoad().LongestWait);

        _transport.ReleaseThreads();
        await BoundedWait.Until(() => _server.GetLoad() is { Signs: [], Waiting: 0 }, "handlers began");
    }

    [Fact]
    public async Task Lack_of_threads_is_seen_without_a_new_client()
    {
        await StartAsync(ConnectionText.Echo);
        await AcceptAsync();
        await BoundedWait.Until(() => _server!.GetLoad().Waiting == 0, "the handler had begun");
        _transport.HoldThreads();
        // A question of before may still find a thread; the next one does not.
        await BoundedWait.Until(() => _server!.GetLoad() is { Signs: [] } && _transport.HeldCount == 1, "it waits");

        _time.Advance(TimeSpan.FromSeconds(1));

        var sign = SignOf(_server!, SaturationKind.HandlersWaiting);
        Assert.Equal(0.6, sign.Level, 0.0001);
        Assert.StartsWith("no thread has been free for 1.0 s: ", sign.Description);
        _transport.ReleaseThreads();
        await BoundedWait.Until(() => _server!.GetLoad() is { Signs: [] }, "a thread came");
    }

    [Fact]
    public async Task Handler_that_blocks_its_engine_is_named()
    {
        await StartAsync(ConnectionText.Echo);
        var peer = new IPEndPoint(IPAddress.Loopback, 5000);
        _transport.Blocking.Add(new("c6", peer, "Sockeye epoll 0", TimeSpan.FromSeconds(1), Waiting: 3));
        _transport.Blocking.Add(new("c7", peer, "Sockeye epoll 1", TimeSpan.FromSeconds(2.5), Waiting: 40));

        var sign = SignOf(_server!, SaturationKind.HandlersBlocked);

        Assert.Equal((0.75, null), (sign.Level, sign.EndPoint));
        Assert.Equal(
            "the handler of c7 (127.0.0.1:5000) has blocked its engine thread, Sockeye epoll 1, for 2.5 s, and 40 other "
                + "connections wait (1 more such thread): make it asynchronous, or turn off inline handlers "
                + "(UnsafePreferInlineScheduling)",
            sign.Description);
    }

    [Fact]
    public async Task Accept_that_fails_is_a_sign_until_it_succeeds()
    {
        await StartAsync(ConnectionText.Echo);
        await AcceptAsync();
        await BoundedWait.Until(() => _transport.Listener.AcceptCalls == 2, "accept waited for the next client");
        _transport.Listener.Failing = new SocketException((int)SocketError.TooManyOpenSockets);
        await AcceptAsync();
        await BoundedWait.Until(() => _server!.GetLoad().Signs.Count == 1, "accept had failed");
        var before = _time.GetUtcNow();

        // Each look wakes the loop, which fails again.
        await BoundedWait.UntilAsTimePasses(
            _time, TimeSpan.FromMilliseconds(100), () => _time.GetUtcNow() - before >= TimeSpan.FromSeconds(2.5), "time passed");

        var sign = SignOf(_server!, SaturationKind.AcceptFailing);
        Assert.Equal(_server!.EndPoints[0], sign.EndPoint);
        Assert.Equal(0.75, sign.Level, 0.0001);
        Assert.Equal(
            "127.0.0.1:7000 has failed to accept for 2.5 s, because descriptors or memory have run out: raise the limit of open "
                + "files (ulimit -n), or lower the limit of connections (MaxConnections)",
            sign.Description);

        _transport.Listener.Failing = null;
        await BoundedWait.UntilAsTimePasses(
            _time, TimeSpan.FromMilliseconds(100), () => _server.GetLoad() is { Signs: [] }, "accept waited for a client");
    }

    [Fact]
    public async Task Listener_that_ended_by_itself_is_a_sign_that_stays()
    {
        await StartAsync(ConnectionText.Echo);
        Assert.Empty(_server!.GetLoad().Signs);

        _transport.Listener.End();
        await BoundedWait.Until(() => _server.GetLoad().Signs.Count > 0, "the end was noticed");

        var sign = SignOf(_server, SaturationKind.NotListening);
        Assert.Equal((1, _server.EndPoints[0]), (sign.Level, sign.EndPoint));
        Assert.Contains("ended by itself (event 1103)", sign.Description);
        Assert.False(_server.GetLoad().Listeners[0].IsListening);
    }

    [Fact]
    public void Server_that_was_stopped_says_that_it_does_not_listen() => Simulated.Run(Seed, async world =>
    {
        var server = await world.Start(ConnectionText.Echo);
        await server.DisposeAsync();

        var load = server.GetLoad();

        Assert.Equal((0, 0), (load.Connections, load.Waiting));
        Assert.EndsWith(" does not listen: the server is being stopped", Assert.Single(load.Signs).Description);
        Assert.Null(load.Listeners[0].AcceptQueueDepth);
    });

    public async ValueTask DisposeAsync()
    {
        _transport.ReleaseThreads();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    private static SaturationSign SignOf(SockeyeServer server, SaturationKind kind) =>
        Assert.Single(server.GetLoad().Signs, sign => sign.Kind == kind);

    private static ValueTask<ConnectionContext> ConnectAsync(Simulated world, SimulatedHost host) =>
        world.Client.ConnectAsync(new IPEndPoint(host.Address, 7000));

    private async Task StartAsync(ConnectionDelegate handler) => _server = await SockeyeServer.StartAsync(options =>
    {
        // Its time stands still: a stop must not wait for handlers.
        (options.Transport, options.TimeProvider, options.ShutdownTimeout) = (_transport, _time, TimeSpan.Zero);
        options.ListenAnyIP(0).Run(handler);
    }, Cancelled);

    /// <summary>Clients come, and are in the table.</summary>
    private async Task AcceptAsync(int count = 1)
    {
        var before = _server!.ConnectionCount;
        for (var i = 0; i < count; i++)
            _transport.Listener.Accept(MemoryConnection.CreatePair().Server);
        await BoundedWait.Until(() => _server.GetConnections().Count == before + count, "the clients were accepted");
    }
}
