using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

public sealed class ServerStartTests
{
    [Fact]
    public async Task Server_without_endpoint_is_refused()
    {
        var error = await RefusedAsync<InvalidOperationException>(_ => { });

        Assert.Contains("ListenLocalhost", error.Message);
    }

    [Fact]
    public async Task Endpoint_without_handler_is_refused_by_name()
    {
        var error = await RefusedAsync<InvalidOperationException>(options => options.ListenLocalhost(7000).UseConnectionLimit(1));

        Assert.Contains("localhost:7000 has no handler", error.Message);
        Assert.Contains("Run(", error.Message);
    }

    [Fact]
    public async Task Two_endpoints_on_one_port_are_refused_before_anything_is_bound()
    {
        var error = await RefusedAsync<InvalidOperationException>(options =>
        {
            options.ListenAnyIP(7000).Run(ConnectionText.Echo);
            options.Listen(IPEndPoint.Parse("127.0.0.1:7000")).Run(ConnectionText.Echo);
        });

        Assert.Contains("[::]:7000 and 127.0.0.1:7000 are the same port", error.Message);
    }

    [Fact]
    public async Task Stop_that_is_asked_for_before_the_start_has_nothing_to_drain()
    {
        var options = new SockeyeServerOptions();
        options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(ConnectionText.Echo);

        var result = await SockeyeServer.RunAsync(options, _ => { }, new CancellationToken(canceled: true));

        Assert.Equal((0, 0), (result.Drained, result.Aborted));
    }

    [Fact]
    public async Task Port_in_use_is_an_error_that_names_it_and_nothing_stays_bound()
    {
        await using var first = await LoopbackServer.StartAsync(ConnectionText.Echo);
        var taken = (IPEndPoint)first.EndPoints[0];
        var free = 0;

        var error = await RefusedAsync<AddressInUseException>(options =>
        {
            options.Transport = new WatchingTransport(endpoint => free = ((IPEndPoint)endpoint).Port);
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(ConnectionText.Echo);
            options.Listen(taken).Run(ConnectionText.Echo);
        });

        Assert.Contains($"{taken}", error.Message);
        Assert.Contains("already in use", error.Message);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var refused = Assert.Throws<SocketException>(() => socket.Connect(IPAddress.Loopback, free));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task Address_of_another_machine_is_an_error_that_names_it()
    {
        var error = await RefusedAsync<IOException>(
            options => options.Listen(IPEndPoint.Parse("192.0.2.1:7000")).Run(ConnectionText.Echo));

        Assert.Contains("192.0.2.1:7000", error.Message);
        Assert.Contains("no such address", error.Message);
    }

    [Fact]
    public async Task Unix_socket_in_a_missing_directory_is_an_error_that_names_it()
    {
        var path = Path.Combine(Path.GetTempPath(), "sockeye-no-such-directory", "s");

        var error = await RefusedAsync<IOException>(options => options.ListenUnixSocket(path).Run(ConnectionText.Echo));

        Assert.Contains(path, error.Message);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(65_536)]
    public void Port_out_of_range_is_refused(int port)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new SockeyeServerOptions().ListenAnyIP(port));

        Assert.Contains($"{port}", error.Message);
    }

    [Fact]
    public void Unix_path_that_is_too_long_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new SockeyeServerOptions().ListenUnixSocket(new string('x', 200)));

        Assert.Contains("too long", error.Message);
    }

    [Fact]
    public void Pipeline_has_one_handler_and_it_comes_last()
    {
        var listen = new SockeyeServerOptions().ListenLocalhost(7000);
        listen.Run(ConnectionText.Echo);

        Assert.Throws<InvalidOperationException>(() => listen.Run(ConnectionText.Echo));
        Assert.Throws<InvalidOperationException>(() => listen.UseConnectionLimit(1));
    }

    [Fact]
    public async Task Options_of_a_running_server_cannot_be_changed_or_used_again()
    {
        var options = new SockeyeServerOptions();
        options.ListenLocalhost(0).Run(ConnectionText.Echo);
        await using var server = await SockeyeServer.StartAsync(options, TestContext.Current.CancellationToken);

        Assert.Throws<InvalidOperationException>(() => options.ListenLocalhost(0));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => SockeyeServer.StartAsync(options, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Localhost_with_port_0_has_one_port_for_both_families()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        await using var server = await LoopbackServer.StartAsync(ConnectionText.Echo);

        var (v4, v6) = ((IPEndPoint)server.EndPoints[0], (IPEndPoint)server.EndPoints[1]);

        Assert.Equal((IPAddress.Loopback, IPAddress.IPv6Loopback), (v4.Address, v6.Address));
        Assert.Equal(v4.Port, v6.Port);
        Assert.NotEqual(0, v4.Port);
    }

    [Fact]
    public async Task Several_endpoints_serve_at_once_each_with_its_own_handler()
    {
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(connection => connection.SendAsync("one"));
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(connection => connection.SendAsync("two"));
        }, TestContext.Current.CancellationToken);

        foreach (var (endpoint, expected) in server.EndPoints.Zip(["one", "two"]))
        {
            await using var client = await SocketTransport.Shared.ConnectAsync(endpoint, TestContext.Current.CancellationToken);
            Assert.Equal(expected, await client.ReadToEndAsync().Within());
        }
    }

    [Fact]
    public async Task Dual_stack_listener_shows_an_IPv4_client_with_its_IPv4_address()
    {
        var remote = new TaskCompletionSource<EndPoint?>();
        await using var server = await SockeyeServer.StartAsync(options => options.ListenAnyIP(0).Run(connection =>
        {
            remote.SetResult(connection.RemoteEndPoint);
            return Task.CompletedTask;
        }), TestContext.Current.CancellationToken);
        var port = ((IPEndPoint)server.EndPoints[0]).Port;

        await using var client = await SocketTransport.Shared.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, port), TestContext.Current.CancellationToken);

        Assert.Equal(client.LocalEndPoint, await remote.Task.Within());
    }

    [Fact]
    public async Task Start_logs_every_endpoint_with_its_middleware_in_order()
    {
        using var log = new TestLog();
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            options.LoggerFactory = log;
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0))
                .UseConnectionLimit(5)
                .Use((connection, next) => next(connection))
                .UseIdleTimeout(TimeSpan.FromMinutes(1))
                .Run(ConnectionText.Echo);
        }, TestContext.Current.CancellationToken);

        var line = Assert.Single(log.WithId(1000));

        Assert.Equal(
            $"Listening on {server.EndPoints[0]}: UseConnectionLimit(5) -> a lambda -> UseIdleTimeout(00:01:00) -> handler.",
            line.Message);
    }

    [Fact]
    public async Task Run_ends_when_its_token_fires_after_a_drain()
    {
        using var stop = new CancellationTokenSource();
        // One address: it starts within the call. With two, a port that is free for IPv4 only has to be tried again.
        var running = SockeyeServer.RunAsync(
            options => options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(ConnectionText.Echo), stop.Token);
        Assert.False(running.IsCompleted);

        await stop.CancelAsync();

        await running.Within();
    }

    [Fact]
    public async Task Run_passes_the_started_server_once_and_returns_what_the_stop_drained()
    {
        using var stop = new CancellationTokenSource();
        var options = new SockeyeServerOptions();
        options.ListenLocalhost(0).Run(ConnectionText.Echo);
        List<SockeyeServer> started = [];

        var result = await SockeyeServer.RunAsync(
            options,
            server =>
            {
                Assert.NotEqual(0, ((IPEndPoint)server.EndPoints[0]).Port);
                started.Add(server);
                stop.Cancel();
            },
            stop.Token).Within();

        Assert.Single(started);
        Assert.Equal((0, 0), (result.Drained, result.Aborted));
    }

    private static Task<TException> RefusedAsync<TException>(Action<SockeyeServerOptions> configure)
        where TException : Exception =>
        Assert.ThrowsAsync<TException>(() => SockeyeServer.StartAsync(configure, TestContext.Current.CancellationToken));

    /// <summary>Records what was bound.</summary>
    private sealed class WatchingTransport(Action<EndPoint> onBound) : IConnectionListenerFactory
    {
        public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            var listener = await SocketTransport.Shared.BindAsync(endpoint, cancellationToken);
            onBound(listener.EndPoint);
            return listener;
        }
    }
}
