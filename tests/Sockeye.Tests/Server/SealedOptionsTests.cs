using System.Net;
using System.Reflection;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

/// <summary>The options of a server do not change after its start, and a reload compares two configurations.</summary>
public sealed class SealedOptionsTests
{
    private const int Seed = 91;

    public static TheoryData<string> ServerOptionNames => [.. Settable(typeof(SockeyeServerOptions))];

    public static TheoryData<string> TimeoutNames => [.. Settable(typeof(ConnectionTimeouts))];

    [Theory, MemberData(nameof(ServerOptionNames))]
    public void Option_cannot_be_set_after_the_start(string name) => Simulated.Run(Seed, async world =>
    {
        SockeyeServerOptions? options = null;
        await using var server = await world.Start(ConnectionText.Echo, each => options = each);

        AssertSealed(options!, name);
    });

    [Theory, MemberData(nameof(TimeoutNames))]
    public void Timeout_cannot_be_set_after_the_start(string name) => Simulated.Run(Seed, async world =>
    {
        SockeyeServerOptions? options = null;
        ConnectionTimeouts? ofEndPoint = null;
        await using var server = await world.StartWith(
            listen => listen.UseTimeouts(timeouts => ofEndPoint = timeouts).Run(ConnectionText.Echo), each => options = each);

        AssertSealed(options!.Timeouts, name);
        AssertSealed(ofEndPoint!, name);
    });

    [Fact]
    public void Endpoints_and_middleware_cannot_be_added_after_the_start() => Simulated.Run(Seed, async world =>
    {
        SockeyeServerOptions? options = null;
        await using var server = await world.Start(ConnectionText.Echo, each => options = each);
        var listen = Assert.Single(options!.Endpoints);

        Assert.Equal(
            "The server runs already: 127.0.0.1:7001 cannot be added to it.",
            Throws(() => options.Listen(new IPEndPoint(IPAddress.Loopback, 7001))));
        Assert.Equal("The server runs already: [::]:7000 can no longer be changed.", Throws(() => listen.UseConnectionLimit(1)));
        Throws(() => listen.Use((connection, next) => next(connection)));
        Throws(() => listen.UseIdleTimeout(TimeSpan.FromSeconds(1)));
        Throws(() => listen.Run(ConnectionText.Echo));

        Assert.Null(listen.MaxConnections);
        Assert.Empty(listen.Middleware);
    });

    [Fact]
    public async Task Start_that_is_refused_leaves_the_options_to_be_corrected()
    {
        var options = new SockeyeServerOptions();
        var listen = options.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => SockeyeServer.StartAsync(options, TestContext.Current.CancellationToken));

        listen.Run(ConnectionText.Echo);
        options.MaxConnections = 7;

        await using var server = await SockeyeServer.StartAsync(options, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Configuration_has_every_option()
    {
        var options = new SockeyeServerOptions
        {
            Transport = SocketTransport.Shared,
            ShutdownTimeout = TimeSpan.FromSeconds(7),
            MaxConnections = 8,
            AtMaxConnections = LimitAction.LeaveInBacklog,
            MaxClosedHistory = 9,
        };
        options.ListenLocalhost(0);
        options.Timeouts.Idle = TimeSpan.FromSeconds(10);
        var configuration = ServerConfiguration.Create(options);

        var others = typeof(SockeyeServerOptions).GetProperties().Where(option => option.Name != nameof(options.Timeouts));
        foreach (var option in others)
            Assert.Equal(option.GetValue(options), typeof(ServerConfiguration).GetProperty(option.Name)!.GetValue(configuration));
        Assert.Equal(options.Timeouts.Idle, configuration.Timeouts.Idle);
        Assert.NotSame(options.Timeouts, configuration.Timeouts);
    }

    [Fact]
    public void Reload_names_each_option_that_cannot_change() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);

        await AssertRefused("Transport", options => options.Transport = world.Client);
        await AssertRefused("TimeProvider", options => options.TimeProvider = TimeProvider.System);
        await AssertRefused("LoggerFactory", options => options.LoggerFactory = new TestLog());
        await AssertRefused("MaxClosedHistory", options => options.MaxClosedHistory++);

        async Task AssertRefused(string name, Action<SockeyeServerOptions> change)
        {
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() => server.ReloadAsync(options =>
            {
                options.ListenAnyIP(7000).Run(ConnectionText.Echo);
                change(options);
            }));
            Assert.StartsWith($"{name} cannot change while a server runs", error.Message);
        }
    });

    [Fact]
    public void Option_that_a_reload_does_not_set_continues() => Simulated.Run(Seed, async world =>
    {
        var services = new Services();
        await using var server = await world.Start(ConnectionText.Echo, options =>
        {
            options.ApplicationServices = services;
            options.MaxClosedHistory = 1;
        });
        var next = new SockeyeServerOptions();
        var listen = next.ListenAnyIP(7000);
        listen.Run(ConnectionText.Echo);

        await server.ReloadAsync(next);

        Assert.Same(services, listen.ApplicationServices);
        Assert.Same(world.Server, server.Transport);
        Assert.Same(world.Log, next.LoggerFactory);
        Assert.Equal(1, next.MaxClosedHistory);
        AssertSealed(next, nameof(next.MaxConnections));
    });

    [Fact]
    public void Gates_of_an_endpoint_keep_the_order_of_its_middleware()
    {
        var options = new SockeyeServerOptions();
        var listen = options.ListenLocalhost(0)
            .UseConnectionLimit(1, LimitAction.LeaveInBacklog)
            .UseAcceptRateLimit(1);
        listen.Run(ConnectionText.Echo);
        var server = new ServerContext(ServerConfiguration.Create(options));

        var configuration = ListenerConfiguration.Create(listen, options.Timeouts, server, permits: null);

        Assert.Equal(["UseConnectionLimit", "UseAcceptRateLimit"], configuration.Gates.Select(gate => gate.Name));
    }

    private static IEnumerable<string> Settable(Type type) => type.GetProperties()
        .Where(option => option.SetMethod is { IsPublic: true })
        .Select(option => option.Name);

    /// <summary>Setting the option to the value that it has throws, and names it.</summary>
    private static void AssertSealed(object options, string name)
    {
        var option = options.GetType().GetProperty(name)!;
        var value = option.GetValue(options);
        var error = Assert.IsType<InvalidOperationException>(
            Assert.Throws<TargetInvocationException>(() => option.SetValue(options, value)).InnerException);
        Assert.StartsWith($"{name} cannot change: a server uses these options.", error.Message);
        Assert.Equal(value, option.GetValue(options));
    }

    private static string Throws(Action change) => Assert.Throws<InvalidOperationException>(change).Message;

    private sealed class Services : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
