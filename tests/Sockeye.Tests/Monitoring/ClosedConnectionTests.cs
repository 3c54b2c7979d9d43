using Sockeye.Tests.Support;

namespace Sockeye.Tests.Monitoring;

/// <summary>What a server reports about connections that have ended.</summary>
public sealed class ClosedConnectionTests
{
    private const int Seed = 1700;

    [Fact]
    public void Connection_that_ended_is_reported_with_addresses_bytes_times_and_reason() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);
        var client = await world.Connect();
        await client.SendAsync("12345");
        await client.ReadAsync(5);
        var id = Assert.Single(server.GetConnections()).ConnectionId;
        await world.Pass(TimeSpan.FromSeconds(3));
        Assert.Empty(server.GetClosedConnections());

        await client.DisposeAsync();
        await world.Until(() => server.ConnectionCount == 0, "the connection was gone");

        var closed = Assert.Single(server.GetClosedConnections());
        Assert.Equal(id, closed.ConnectionId);
        Assert.Equal(server.EndPoints[0], closed.ListenerEndPoint);
        Assert.Equal((client.RemoteEndPoint, client.LocalEndPoint), (closed.LocalEndPoint, closed.RemoteEndPoint));
        Assert.Equal((5, 5), (closed.BytesReceived, closed.BytesSent));
        Assert.InRange(closed.Duration, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3.1));
        Assert.InRange(world.Time.GetUtcNow() - closed.ClosedAt, TimeSpan.Zero, TimeSpan.FromSeconds(0.1));
        Assert.Equal(CloseCause.Fin, closed.CloseReason.Cause);
        Assert.Equal(ClosedBy.Peer, closed.CloseReason.By);
    });

    [Fact]
    public void Last_ones_are_kept_newest_first_up_to_MaxClosedHistory() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo, options => options.MaxClosedHistory = 3);
        var clients = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            var client = await world.Connect();
            clients.Insert(0, $"{client.LocalEndPoint}");
            await client.DisposeAsync();
            await world.Until(() => server.ConnectionCount == 0, "the connection was gone");
            Assert.Equal(clients.Take(3), server.GetClosedConnections().Select(closed => $"{closed.RemoteEndPoint}"));
        }
    });

    [Fact]
    public void Client_over_MaxConnections_is_kept_with_the_limit_that_refused_it() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo, options => options.MaxConnections = 1);
        await using var first = await world.Connect();
        await first.SendAsync("x");
        await first.ReadAsync(1);

        await world.AssertRejects();

        await world.Until(() => server.GetClosedConnections().Count == 1, "the refused client was kept");
        var closed = Assert.Single(server.GetClosedConnections());
        Assert.Equal(CloseCause.Limit, closed.CloseReason.Cause);
        Assert.Contains("MaxConnections", closed.CloseReason.Description);
    });

    [Fact]
    public void Client_that_a_rule_of_the_endpoint_refused_is_kept_too() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.UseConnectionLimit(1).Run(ConnectionText.Echo));
        await using var first = await world.Connect();
        await first.SendAsync("x");
        await first.ReadAsync(1);

        await world.AssertRejects();

        await world.Until(() => server.GetClosedConnections().Count == 1, "the refused client was kept");
        Assert.Contains("UseConnectionLimit", server.GetClosedConnections()[0].CloseReason.Description);
    });

    [Fact]
    public void None_is_kept_where_none_is_requested() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo, options => options.MaxClosedHistory = 0);
        await (await world.Connect()).DisposeAsync();
        await world.ConnectionEnded();
        await world.Until(() => server.ConnectionCount == 0, "the connection was gone");

        Assert.Empty(server.GetClosedConnections());
    });

    [Theory]
    [InlineData(-1)]
    [InlineData(100_001)]
    public void Number_out_of_range_is_an_error_that_names_option_and_range(int value)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new SockeyeServerOptions { MaxClosedHistory = value });

        Assert.StartsWith("MaxClosedHistory must be 0 to 100,000.", error.Message);
    }
}
