using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

public sealed class LimitsTests : IDisposable
{
    private readonly TestLog _log = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Client_over_the_limit_of_its_end_point_is_reset_and_the_others_stay()
    {
        await using var server = await StartAsync(listen => listen.UseConnectionLimit(2));
        await using var first = await EchoedAsync(server);
        await using var second = await EchoedAsync(server);

        await server.AssertRejectsAsync();

        Assert.Contains("Local Limit Both", (await _log.ConnectionEnded()).Message);
        await second.SendAsync("still here");
        Assert.Equal("still here", await second.ReadAsync(10));
    }

    [Fact]
    public async Task Place_of_a_connection_that_ended_is_free_again()
    {
        await using var server = await StartAsync(listen => listen.UseConnectionLimit(1));
        await (await EchoedAsync(server)).DisposeAsync();
        await Patience.Until(() => server.ConnectionCount == 0, "the first connection was gone");

        await using var next = await EchoedAsync(server);
    }

    [Fact]
    public async Task Idle_connection_is_closed_after_the_timeout_with_FIN_and_its_reason()
    {
        await using var server = await StartAsync(listen => listen.UseIdleTimeout(TimeSpan.FromSeconds(30)));
        await using var client = await EchoedAsync(server);

        await Patience.UntilAsTimePasses(
            _time, TimeSpan.FromSeconds(1), () => _log.WithId(1200).Any(), "the idle connection was closed");

        Assert.Equal("", await client.ReadToEndAsync());
        Assert.Contains("Local Timeout Both, nothing was received or sent for 00:00:30", (await _log.ConnectionEnded()).Message);
        Assert.Empty(_log.WithId(1201));
    }

    [Fact]
    public async Task Connection_in_use_is_not_idle()
    {
        await using var server = await StartAsync(listen => listen.UseIdleTimeout(TimeSpan.FromSeconds(30)));
        await using var client = await EchoedAsync(server);

        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(20));
            await client.SendAsync("x");
            await client.ReadAsync(1);
        }

        Assert.Equal(1, server.ConnectionCount);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Limits_below_one_are_refused(int value)
    {
        var listen = new SockeyeServerOptions().ListenLocalhost(0);

        Assert.Throws<ArgumentOutOfRangeException>(() => listen.UseConnectionLimit(value));
        Assert.Throws<ArgumentOutOfRangeException>(() => listen.UseIdleTimeout(TimeSpan.FromMilliseconds(value)));
    }

    private static async Task<ConnectionContext> EchoedAsync(SockeyeServer server)
    {
        var client = await server.ConnectAsync();
        await client.SendAsync("x");
        await client.ReadAsync(1);
        return client;
    }

    private Task<SockeyeServer> StartAsync(Func<ListenOptions, ListenOptions> configure) => SockeyeServer.StartAsync(options =>
    {
        options.LoggerFactory = _log;
        options.TimeProvider = _time;
        configure(options.Listen(new IPEndPoint(IPAddress.Loopback, 0))).Run(LoopbackServer.Echo);
    }, TestContext.Current.CancellationToken);
}
