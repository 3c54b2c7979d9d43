using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

/// <summary>What is open at a reload counts in the limits after it, whichever limits let it in.</summary>
public sealed class ReloadLimitTests
{
    private const int Seed = 89;

    public static TheoryData<string> Limits => ["UseConnectionLimit", "UseAddressLimit", "MaxConnections"];

    [Theory]
    [MemberData(nameof(Limits))]
    public void Limit_that_a_reload_adds_counts_open_connections_too(string limit) => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);
        await using var first = await Echoed(world);
        await using var second = await Echoed(world);

        // Twice: no connection counts double.
        await Reload(server, limit, most: 2);
        await Reload(server, limit, most: 2);

        await world.AssertRejects();
        await first.DisposeAsync();
        await world.Until(() => server.ConnectionCount == 1, "the first one was gone");
        await using var third = await Echoed(world);
        await world.AssertRejects();
    });

    [Theory]
    [MemberData(nameof(Limits))]
    public void Limit_that_a_reload_raises_has_room_at_once(string limit) => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);
        await Reload(server, limit, most: 1);
        await using var first = await Echoed(world);
        await world.AssertRejects();

        await Reload(server, limit, most: 2);

        await using var second = await Echoed(world);
        await world.AssertRejects();
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Clients_in_the_backlog_are_served_with_the_permits_that_a_reload_adds(bool wholeServer) =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await world.Start(ConnectionText.Echo);
            await using var first = await Echoed(world);
            await LeaveInBacklog(server, wholeServer, 1);
            await using var second = await world.Connect();
            await using var third = await world.Connect();
            await world.Pass(TimeSpan.FromSeconds(10));
            // One whom the loop waited for already is accepted, and waits for its turn.
            Assert.InRange(server.ConnectionCount, 1, 2);

            await LeaveInBacklog(server, wholeServer, 2);
            await second.SendAsync("x");
            Assert.Equal("x", await second.ReadAsync(1));
            await world.Pass(TimeSpan.FromSeconds(10));
            Assert.Equal(2, server.ConnectionCount);

            await LeaveInBacklog(server, wholeServer, 3);
            await third.SendAsync("x");
            Assert.Equal("x", await third.ReadAsync(1));
        });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Permits_that_a_reload_removes_are_not_granted_again(bool wholeServer) => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);
        await using var first = await Echoed(world);
        await using var second = await Echoed(world);
        await LeaveInBacklog(server, wholeServer, 1);
        await using var third = await world.Connect();
        await third.SendAsync("x");

        await first.DisposeAsync();
        await world.Pass(TimeSpan.FromSeconds(10));
        Assert.False(third.Transport.Input.TryRead(out _));
        await second.DisposeAsync();

        Assert.Equal("x", await third.ReadAsync(1));
    });

    private static Task<ReloadResult> Reload(SockeyeServer server, string limit, int most) =>
        server.ReloadAsync(options =>
        {
            var listen = options.ListenAnyIP(7000);
            if (limit == "UseConnectionLimit")
                listen.UseConnectionLimit(most);
            else if (limit == "UseAddressLimit")
                listen.UseAddressLimit(most);
            else
                options.MaxConnections = most;
            listen.Run(ConnectionText.Echo);
        });

    private static Task<ReloadResult> LeaveInBacklog(SockeyeServer server, bool wholeServer, int most) =>
        server.ReloadAsync(options =>
        {
            var listen = options.ListenAnyIP(7000);
            if (wholeServer)
                (options.MaxConnections, options.AtMaxConnections) = (most, LimitAction.LeaveInBacklog);
            else
                listen.UseConnectionLimit(most, LimitAction.LeaveInBacklog);
            listen.Run(ConnectionText.Echo);
        });

    private static async Task<ConnectionContext> Echoed(Simulated world)
    {
        var client = await world.Connect();
        await client.SendAsync("x");
        Assert.Equal("x", await client.ReadAsync(1));
        return client;
    }
}
