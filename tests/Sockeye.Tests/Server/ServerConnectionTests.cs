using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

public sealed class ServerConnectionTests
{
    private const int Seed = 32;

    [Fact]
    public void Each_client_gets_a_separate_connection_while_the_listener_continues() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(connection => connection.SendAsync($"{connection.RemoteEndPoint}"));

        for (var i = 0; i < 20; i++)
        {
            await using var client = await world.Connect();
            Assert.Equal($"{client.LocalEndPoint}", await client.ReadToEndAsync());
        }
    });

    [Fact]
    public void Handler_that_throws_resets_its_connection_and_no_other() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection =>
        {
            if (await connection.ReadAsync(4) is "fail")
                throw new FormatException("not a word I know");
            await connection.SendAsync("fine");
        });
        await using var good = await world.Connect();
        await using var bad = await world.Connect();

        await bad.SendAsync("fail");
        await bad.AssertResetAsync();
        var ended = await world.ConnectionEnded();
        await good.SendAsync("work");

        Assert.Equal("fine", await good.ReadToEndAsync());
        Assert.Contains("Local HandlerError Both, the handler threw FormatException: not a word I know.", ended.Message);
        Assert.Equal(LogLevel.Error, Assert.Single(world.Log.WithId(1201)).Level);
    });

    [Fact]
    public void End_of_a_connection_is_logged_with_addresses_reason_bytes_and_duration() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);
        await using var client = await world.Connect();

        await client.SendAsync("12345");
        await client.Transport.Output.CompleteAsync();
        Assert.Equal("12345", await client.ReadToEndAsync());

        var ended = await world.ConnectionEnded();
        Assert.Contains($"{client.LocalEndPoint} -> {client.RemoteEndPoint} ended after 00:00:", ended.Message);
        Assert.EndsWith("5 bytes in, 5 bytes out: Peer Fin Input, the peer ended its side (FIN).", ended.Message);
    });

    [Fact]
    public void Reset_by_the_peer_is_a_separate_reason_and_not_an_error_of_the_handler() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);
        var client = await world.Connect();
        await client.SendAsync("x");
        await client.ReadAsync(1);

        client.Abort();
        await client.DisposeAsync();

        Assert.Contains("Peer Reset Both", (await world.ConnectionEnded()).Message);
        Assert.Empty(world.Log.WithId(1201));
    });

    [Fact]
    public void Handler_that_ends_first_is_a_local_end() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(connection => connection.SendAsync("bye"));
        await using var client = await world.Connect();

        Assert.Equal("bye", await client.ReadToEndAsync());
        await client.DisposeAsync();

        Assert.Contains("Local Fin Output", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Client_over_MaxConnections_is_reset_and_the_others_stay() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo, options => options.MaxConnections = 1);
        await using var first = await world.Connect();
        await first.SendAsync("a");
        await first.ReadAsync(1);

        await world.AssertRejects();

        await first.SendAsync("b");
        Assert.Equal("b", await first.ReadAsync(1));
        Assert.Equal(1, server.ConnectionCount);
        Assert.Contains("MaxConnections", Assert.Single(world.Log.WithId(1003)).Message);

        await first.DisposeAsync();
        await world.Until(() => server.ConnectionCount == 0, "the first connection was gone");
        await using var third = await world.Connect();
        await third.SendAsync("c");
        Assert.Equal("c", await third.ReadAsync(1));
    });

    [Fact]
    public void Middleware_runs_in_the_order_it_was_added_around_the_handler() => Simulated.Run(Seed, async world =>
    {
        List<string> order = [];
        await using var server = await world.StartWith(listen => listen
            .Use((connection, next) => Around("outer", connection, next))
            .Use((connection, next) => Around("inner", connection, next))
            .Run(_ =>
            {
                order.Add("handler");
                return Task.CompletedTask;
            }));

        await using (var client = await world.Connect())
            await client.ReadToEndAsync();
        await world.Until(() => order.Count == 5, "all have run");

        Assert.Equal(["outer in", "inner in", "handler", "inner out", "outer out"], order);

        async Task Around(string name, ConnectionContext connection, ConnectionDelegate next)
        {
            order.Add($"{name} in");
            await next(connection);
            order.Add($"{name} out");
        }
    });

    [Fact]
    public void Handler_class_gets_what_its_constructor_asks_for() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(
            listen => listen.Run<GreetingHandler>(), options => options.ApplicationServices = new Greeting("hello"));
        await using var client = await world.Connect();

        Assert.Equal("hello", await client.ReadToEndAsync());
    });

    [Fact]
    public async Task Handler_that_blocks_before_its_first_await_does_not_hold_up_accepting()
    {
        using var release = new ManualResetEventSlim();
        var blocked = 0;
        await using var server = await LoopbackServer.StartAsync(connection =>
        {
            if (Interlocked.Increment(ref blocked) == 1)
                release.Wait(TestContext.Current.CancellationToken);
            return connection.SendAsync("served");
        });
        await using var first = await server.ConnectAsync();
        await BoundedWait.Until(() => Volatile.Read(ref blocked) == 1, "the first handler blocks");

        await using var second = await server.ConnectAsync();

        Assert.Equal("served", await second.ReadToEndAsync().Within());
        release.Set();
    }

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
