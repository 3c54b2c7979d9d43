using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

public sealed class ServerConnectionTests : IDisposable
{
    private readonly TestLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Each_client_gets_a_connection_of_its_own_while_the_listener_goes_on()
    {
        await using var server = await StartAsync(connection => connection.SendAsync($"{connection.RemoteEndPoint}"));

        for (var i = 0; i < 20; i++)
        {
            await using var client = await server.ConnectAsync();
            Assert.Equal($"{client.LocalEndPoint}", await client.ReadToEndAsync());
        }
    }

    [Fact]
    public async Task Handler_that_throws_resets_its_connection_and_no_other()
    {
        await using var server = await StartAsync(async connection =>
        {
            if (await connection.ReadAsync(4) is "fail")
                throw new FormatException("not a word I know");
            await connection.SendAsync("fine");
        });
        await using var good = await server.ConnectAsync();
        await using var bad = await server.ConnectAsync();

        await bad.SendAsync("fail");
        await bad.AssertResetAsync();
        var ended = await _log.ConnectionEnded();
        await good.SendAsync("work");

        Assert.Equal("fine", await good.ReadToEndAsync());
        Assert.Contains("Local HandlerError Both, the handler threw FormatException: not a word I know.", ended.Message);
        Assert.Equal(LogLevel.Error, Assert.Single(_log.WithId(1201)).Level);
    }

    [Fact]
    public async Task End_of_a_connection_is_logged_with_addresses_reason_bytes_and_duration()
    {
        await using var server = await StartAsync(LoopbackServer.Echo);
        await using var client = await server.ConnectAsync();

        await client.SendAsync("12345");
        await client.Transport.Output.CompleteAsync();
        Assert.Equal("12345", await client.ReadToEndAsync());

        var ended = await _log.ConnectionEnded();
        Assert.Contains($"{client.LocalEndPoint} -> {client.RemoteEndPoint} ended after 00:00:", ended.Message);
        Assert.EndsWith("5 bytes in, 5 bytes out: Peer Fin Input, the peer ended its side (FIN).", ended.Message);
    }

    [Fact]
    public async Task Reset_by_the_peer_is_its_own_reason_and_no_error_of_the_handler()
    {
        await using var server = await StartAsync(LoopbackServer.Echo);
        var client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReadAsync(1);

        client.Abort();
        await client.DisposeAsync();

        Assert.Contains("Peer Reset Both", (await _log.ConnectionEnded()).Message);
        Assert.Empty(_log.WithId(1201));
    }

    [Fact]
    public async Task Handler_that_ends_first_is_a_local_end()
    {
        await using var server = await StartAsync(connection => connection.SendAsync("bye"));
        await using var client = await server.ConnectAsync();

        Assert.Equal("bye", await client.ReadToEndAsync());
        await client.DisposeAsync();

        Assert.Contains("Local Fin Output", (await _log.ConnectionEnded()).Message);
    }

    [Fact]
    public async Task Client_over_MaxConnections_is_reset_and_the_others_stay()
    {
        await using var server = await StartAsync(LoopbackServer.Echo, options => options.MaxConnections = 1);
        await using var first = await server.ConnectAsync();
        await first.SendAsync("a");
        await first.ReadAsync(1);

        await server.AssertRejectsAsync();

        await first.SendAsync("b");
        Assert.Equal("b", await first.ReadAsync(1));
        Assert.Equal(1, server.ConnectionCount);
        Assert.Contains("MaxConnections", Assert.Single(_log.WithId(1003)).Message);

        await first.DisposeAsync();
        await Patience.Until(() => server.ConnectionCount == 0, "the first connection was gone");
        await using var third = await server.ConnectAsync();
        await third.SendAsync("c");
        Assert.Equal("c", await third.ReadAsync(1));
    }

    [Fact]
    public async Task Middleware_runs_in_the_order_it_was_added_around_the_handler()
    {
        List<string> order = [];
        await using var server = await SockeyeServer.StartAsync(options => options
            .Listen(new IPEndPoint(IPAddress.Loopback, 0))
            .Use((connection, next) => Around("outer", connection, next))
            .Use((connection, next) => Around("inner", connection, next))
            .Run(_ =>
            {
                order.Add("handler");
                return Task.CompletedTask;
            }), TestContext.Current.CancellationToken);

        await using (var client = await server.ConnectAsync())
            await client.ReadToEndAsync();
        await Patience.Until(() => order.Count == 5, "all have run");

        Assert.Equal(["outer in", "inner in", "handler", "inner out", "outer out"], order);

        async Task Around(string name, ConnectionContext connection, ConnectionDelegate next)
        {
            order.Add($"{name} in");
            await next(connection);
            order.Add($"{name} out");
        }
    }

    [Fact]
    public async Task Handler_class_gets_what_its_constructor_asks_for()
    {
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            options.ApplicationServices = new Greeting("hello");
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run<GreetingHandler>();
        }, TestContext.Current.CancellationToken);
        await using var client = await server.ConnectAsync();

        Assert.Equal("hello", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Handler_that_blocks_before_its_first_await_does_not_hold_up_accepting()
    {
        using var release = new ManualResetEventSlim();
        var blocked = 0;
        await using var server = await StartAsync(connection =>
        {
            if (Interlocked.Increment(ref blocked) == 1)
                release.Wait(TestContext.Current.CancellationToken);
            return connection.SendAsync("served");
        });
        await using var first = await server.ConnectAsync();
        await Patience.Until(() => Volatile.Read(ref blocked) == 1, "the first handler blocks");

        await using var second = await server.ConnectAsync();

        Assert.Equal("served", await second.ReadToEndAsync());
        release.Set();
    }

    private Task<SockeyeServer> StartAsync(ConnectionDelegate handler, Action<SockeyeServerOptions>? configure = null) =>
        LoopbackServer.StartAsync(handler, options =>
        {
            options.LoggerFactory = _log;
            configure?.Invoke(options);
        });

    private sealed class Greeting(string text) : IServiceProvider
    {
        public string Text => text;

        public object? GetService(Type serviceType) => serviceType == typeof(Greeting) ? this : null;
    }

    private sealed class GreetingHandler(Greeting greeting) : ConnectionHandler
    {
        public override Task OnConnectedAsync(ConnectionContext connection) => connection.SendAsync(greeting.Text);
    }
}
