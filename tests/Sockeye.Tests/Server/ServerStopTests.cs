using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

public sealed class ServerStopTests : IDisposable
{
    private readonly TestLog _log = new();
    private readonly FakeTimeProvider _time = new();
    private CancellationToken _handlerTold;

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Stop_refuses_new_clients_and_lets_handlers_finish()
    {
        var finish = new TaskCompletionSource();
        await using var server = await StartAsync(async connection =>
        {
            _handlerTold = connection.StopRequested;
            await connection.SendAsync("begun ");
            await finish.Task;
            await connection.SendAsync("done");
        });
        await using var client = await server.ConnectAsync();
        Assert.Equal("begun ", await client.ReadAsync(6));

        var stopping = server.StopAsync(TestContext.Current.CancellationToken);
        await HandlerTold();
        AssertRefused(server.EndPoints[0]);
        finish.SetResult();

        Assert.Equal("done", await client.ReadToEndAsync());
        await client.DisposeAsync();
        var result = await stopping.Within();
        Assert.Equal((1, 0), (result.Drained, result.Aborted));
    }

    [Fact]
    public async Task Handlers_are_told_of_the_stop_and_the_reason_is_the_stop()
    {
        await using var server = await StartAsync(async connection =>
        {
            await connection.SendAsync("!");
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, connection.StopRequested);
        });
        await using var client = await server.ConnectAsync();
        await client.ReadAsync(1);

        var stopping = server.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal("", await client.ReadToEndAsync()); // FIN, not a reset
        await client.DisposeAsync();
        Assert.Equal(1, (await stopping.Within()).Drained);
        Assert.Contains("Local Stop Output, the server was stopped", (await _log.ConnectionEnded()).Message);
    }

    [Fact]
    public async Task Handler_that_does_not_finish_is_aborted_when_the_time_is_over()
    {
        await using var server = await StartAsync(connection =>
        {
            _handlerTold = connection.StopRequested;
            return LoopbackServer.Echo(connection);
        });
        await using var client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReadAsync(1);

        var stopping = server.StopAsync(TestContext.Current.CancellationToken);
        await HandlerTold();
        Assert.False(stopping.IsCompleted);
        await Patience.UntilAsTimePasses(_time, TimeSpan.FromSeconds(5), () => stopping.IsCompleted, "the stop gave up");

        var result = await stopping;
        Assert.Equal((0, 1), (result.Drained, result.Aborted));
        await client.AssertResetAsync();
        Assert.Contains("Local Stop Both", (await _log.ConnectionEnded()).Message);
    }

    [Fact]
    public async Task Handler_that_ignores_even_the_abort_is_left_behind_and_said_so()
    {
        var never = new TaskCompletionSource();
        await using var server = await StartAsync(async connection =>
        {
            await connection.SendAsync("!");
            await never.Task;
        });
        await using var client = await server.ConnectAsync();
        await client.ReadAsync(1);

        var stopping = server.StopAsync(TestContext.Current.CancellationToken);
        await Patience.UntilAsTimePasses(_time, TimeSpan.FromSeconds(5), () => stopping.IsCompleted, "the stop gave up");

        Assert.Equal(1, (await stopping).Aborted);
        Assert.Single(_log.WithId(1002));
        never.SetResult();
    }

    [Fact]
    public async Task Cancelling_the_stop_aborts_at_once()
    {
        await using var server = await StartAsync(LoopbackServer.Echo);
        await using var client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReadAsync(1);
        using var impatience = new CancellationTokenSource();

        var stopping = server.StopAsync(impatience.Token);
        await impatience.CancelAsync();

        await stopping.Within(); // with the clock standing still
    }

    [Fact]
    public async Task Second_stop_waits_for_the_first_and_gives_the_same_result()
    {
        await using var server = await StartAsync(LoopbackServer.Echo);

        var results = await Task.WhenAll(
            server.StopAsync(TestContext.Current.CancellationToken),
            server.StopAsync(TestContext.Current.CancellationToken)).Within();

        Assert.Same(results[0], results[1]);
    }

    private static void AssertRefused(EndPoint endPoint)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var refused = Assert.Throws<SocketException>(() => socket.Connect(endPoint));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    /// <summary>By then the listeners are closed.</summary>
    private Task HandlerTold() => Patience.Until(() => _handlerTold.IsCancellationRequested, "the handler was told of the stop");

    private Task<SockeyeServer> StartAsync(ConnectionDelegate handler) => LoopbackServer.StartAsync(handler, options =>
    {
        options.LoggerFactory = _log;
        options.TimeProvider = _time;
    });
}
