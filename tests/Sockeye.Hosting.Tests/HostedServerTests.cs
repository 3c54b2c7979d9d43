using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sockeye.Hosting.Tests.Support;
using Sockeye.Tests.Support;

namespace Sockeye.Hosting.Tests;

/// <summary>A server that starts and stops with its host, and what code and services give it.</summary>
public sealed class HostedServerTests
{
    [Fact]
    public async Task Endpoints_of_the_configuration_are_served_by_the_handlers_they_name()
    {
        await using var host = await TestHost.StartAsync("""
            { "Sockeye": { "MaxConnections": 77, "EndPoints": {
                "a": { "Listen": "127.0.0.1:0", "Handler": "hello" },
                "b": { "Listen": "127.0.0.1:0", "Handler": "ECHO" } } } }
            """);

        Assert.Equal("hello", await host.ReadAllAsync());
        await host.AssertEchoesAsync(listener: 1);
        Assert.Equal(77, host.Server.GetLoad().MaxConnections);
        Assert.Equal(2, host.Log.WithId(1000).Count());
    }

    /// <summary>In a process that the service manager did not start, the registration changes nothing.</summary>
    [Fact]
    public async Task Host_of_a_Windows_service_runs_the_server()
    {
        await using var host = await TestHost.StartAsync(
            TestHost.OneEndPoint("echo"),
            services: services => services.AddWindowsService(options => options.ServiceName = "echo"));

        await host.AssertEchoesAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Start_that_fails_at_another_service_leaves_nothing_bound_when_the_host_is_disposed(bool asynchronously)
    {
        var host = new TestHost(TestHost.OneEndPoint("echo"), services: services => services.AddHostedService<FailsAtStart>());
        await Assert.ThrowsAsync<FormatException>(host.StartAsync);
        var server = host.Server;

        await host.DisposeWithoutStopAsync(asynchronously);

        Assert.Single(host.Log.WithId(1001));
        await using var again = await SocketTransport.Shared.BindAsync(
            server.EndPoints[0], TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Handler_class_gets_services_and_is_one_over_all_reloads()
    {
        await using var host = await TestHost.StartAsync(
            TestHost.OneEndPoint("count"), server => server.AddHandler<Counting>("count"),
            services => services.AddSingleton(new Word("number ")));

        Assert.Equal("number 1", await host.ReadAllAsync());
        await host.ChangeAsync(TestHost.OneEndPoint("count", """, "MaxConnections": 10"""));
        Assert.Equal("number 2", await host.ReadAllAsync());
    }

    [Fact]
    public async Task Scoped_handler_has_a_scope_that_ends_with_its_connection()
    {
        var made = new List<Scoped>();
        await using var host = await TestHost.StartAsync(
            TestHost.OneEndPoint("scoped"), server => server.ScopedHandler<InScope>("scoped"),
            services => services.AddSingleton(made).AddScoped<Scoped>());

        await host.ReadAllAsync();
        await host.ReadAllAsync();

        await BoundedWait.Until(() => made.Count == 2 && made.TrueForAll(one => one.IsDisposed), "both scopes were ended");
        Assert.NotSame(made[0], made[1]);
    }

    [Fact]
    public async Task Endpoints_of_code_and_of_the_configuration_are_served_together_and_stay_at_a_reload()
    {
        await using var host = await TestHost.StartAsync(TestHost.OneEndPoint("hello"), server => server
            .Configure(options => options.ListenLocalhost(0).Run(ConnectionText.Echo))
            .AddHandler("hello", listen => listen.Run(connection => connection.SendAsync("hello"))));
        var before = host.Server.EndPoints;
        await host.AssertEchoesAsync();

        await host.ChangeAsync(TestHost.OneEndPoint("hello", """, "MaxConnections": 10"""));

        Assert.Equal(before, host.Server.EndPoints);
        await host.AssertEchoesAsync();
        Assert.Equal("hello", await host.ReadAllAsync(before.Count - 1));
    }

    [Fact]
    public async Task Server_is_not_to_be_had_before_the_start()
    {
        await using var host = new TestHost(TestHost.OneEndPoint("echo"));

        var error = Assert.Throws<InvalidOperationException>(() => host.Server);

        Assert.Contains("it starts with the host", error.Message, StringComparison.Ordinal);
        Assert.False(host.Hosted.IsRunning);
        await host.StartAsync();
        Assert.True(host.Hosted.IsRunning);
        await host.StopInOrderAsync();
        Assert.False(host.Hosted.IsRunning);
    }

    [Fact]
    public async Task Host_that_stops_drains_and_its_timeout_is_the_servers()
    {
        var notified = new TaskCompletionSource();
        await using var host = await TestHost.StartAsync(
            TestHost.OneEndPoint("slow"), server => server.AddHandler("slow", listen => listen.Run(async connection =>
            {
                await connection.SendAsync("!");
                using var watch = connection.StopRequested.Register(notified.SetResult);
                await notified.Task;
                await connection.SendAsync("done");
            })));
        await using var client = await host.ConnectAsync();
        await client.ReadAsync(1).Within();

        var stopping = host.StopInOrderAsync();
        Assert.Equal("done", await client.ReadToEndAsync().Within());
        await client.DisposeAsync();
        await stopping;

        Assert.Contains("1 connections drained, 0 aborted", Assert.Single(host.Log.WithId(1001)).Message);
    }

    [Fact]
    public async Task Stop_whose_time_is_over_aborts_at_once()
    {
        await using var host = await TestHost.StartAsync("""
            { "Sockeye": { "ShutdownTimeout": "infinite", "EndPoints": { "a": { "Listen": "127.0.0.1:0", "Handler": "echo" } } } }
            """);
        await using var client = await host.ConnectAsync();
        await client.SendAsync("x");
        await client.ReadAsync(1).Within();
        using var timeout = new CancellationTokenSource();

        var stopping = host.StopAsync(timeout.Token);
        await timeout.CancelAsync();

        await client.AssertResetAsync().Within();
        await stopping;
    }

    [Fact]
    public async Task Several_servers_have_separate_sections()
    {
        await using var host = await TestHost.StartAsync(
            """
            { "Sockeye": { "EndPoints": { "a": { "Listen": "127.0.0.1:0", "Handler": "echo" } } },
              "Other": { "EndPoints": { "a": { "Listen": "127.0.0.1:0", "Handler": "hello" } } } }
            """,
            services: services => services.AddSockeyeServer(
                "Other",
                server => server.AddHandler("hello", listen => listen.Run(connection => connection.SendAsync("other")))));

        var other = host.Services.GetRequiredKeyedService<HostedServer>("Other").Server;
        await using var client = await SocketTransport.Shared.ConnectAsync(
            other.EndPoints[0], TestContext.Current.CancellationToken);
        Assert.Equal("other", await client.ReadToEndAsync().Within());
        await host.AssertEchoesAsync();
        Assert.Throws<InvalidOperationException>(
            () => new ServiceCollection().AddSockeyeServer(_ => { }).AddSockeyeServer(_ => { }));
    }

    private sealed record Word(string Text);

    /// <summary>Throws when all services have started.</summary>
    private sealed class FailsAtStart : IHostedLifecycleService
    {
        public Task StartedAsync(CancellationToken cancellationToken) => throw new FormatException("not a start");

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Counting(Word word) : ConnectionHandler
    {
        private int _count;

        public override Task OnConnectedAsync(ConnectionContext connection) =>
            connection.SendAsync($"{word.Text}{Interlocked.Increment(ref _count)}");
    }

    private sealed class Scoped : IAsyncDisposable
    {
        public Scoped(List<Scoped> made) => made.Add(this);

        public bool IsDisposed { get; private set; }

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return default;
        }
    }

    private sealed class InScope(Scoped scoped) : ConnectionHandler
    {
        public override Task OnConnectedAsync(ConnectionContext connection) =>
            connection.SendAsync(scoped.IsDisposed ? "ended" : "open");
    }
}
