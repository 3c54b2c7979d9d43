using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

/// <summary>What the log calls middleware and handlers when a server starts.</summary>
public sealed class HandlerNamesTests
{
    private const int Seed = 3307;

    [Fact]
    public void Pipeline_is_logged_by_the_names_that_its_code_has() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen =>
        {
            listen.Use(PassAsync);
            listen.Use(LocalAsync);
            listen.Use((connection, next) => next(connection));
            listen.Use(new Func<ConnectionContext, ConnectionDelegate, Task>(Wrapper<int>.PassAsync));
            listen.Use(new Func<ConnectionContext, ConnectionDelegate, Task>(new Passing(PassAsync).Invoke));
            listen.Run<Greeter>();

            static Task LocalAsync(ConnectionContext connection, ConnectionDelegate next) => next(connection);
        });

        Assert.Equal(
            "Listening on [::]:7000: HandlerNamesTests.PassAsync -> LocalAsync -> a lambda -> Wrapper<Int32>.PassAsync -> "
                + "HandlerNamesTests.PassAsync -> Greeter.",
            Assert.Single(world.Log.WithId(1000)).Message);
        Assert.Equal(5, Assert.Single(server.GetListeners()).Middleware.Count);

        await using var client = await world.Connect();
        Assert.Equal("hello", await client.ReadToEndAsync());
    });

    [Theory]
    [InlineData("a lambda")]
    [InlineData("a method")]
    [InlineData("messages")]
    public void Handler_that_is_a_delegate_is_the_handler(string what) => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen =>
        {
            switch (what)
            {
                case "a lambda":
                    listen.Run(_ => Task.CompletedTask);
                    break;
                case "a method":
                    listen.Run(ConnectionText.Echo);
                    break;
                default:
                    listen.Run(Codec.Lines(maxLength: 8), _ => Task.CompletedTask);
                    break;
            }
        });

        Assert.Equal("Listening on [::]:7000: handler.", Assert.Single(world.Log.WithId(1000)).Message);
    });

    [Fact]
    public void Handler_class_ends_the_pipeline() => Assert.Throws<InvalidOperationException>(() =>
    {
        var listen = new SockeyeServerOptions().Listen(new IPEndPoint(IPAddress.Loopback, 0));
        listen.Run<Greeter>();
        listen.Run<Greeter>();
    });

    private static Task PassAsync(ConnectionContext connection, ConnectionDelegate next) => next(connection);

    private delegate Task Passing(ConnectionContext connection, ConnectionDelegate next);

    private sealed class Greeter : ConnectionHandler
    {
        public override Task OnConnectedAsync(ConnectionContext connection) => connection.SendAsync("hello");
    }

    private sealed class Wrapper<T>
    {
        public static Task PassAsync(ConnectionContext connection, ConnectionDelegate next) =>
            typeof(T).IsValueType ? next(connection) : Task.CompletedTask;
    }
}
