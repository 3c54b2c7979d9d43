using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;
using static Sockeye.Simulation.Tests.Network.Runs;

namespace Sockeye.Simulation.Tests.Network;

/// <summary>How segments travel, and what rules do with them.</summary>
public sealed class WireTests
{
    private const int Much = 100_000;

    [Fact]
    public void Latency_is_exact() => Run(async (network, near, far) =>
    {
        network.Latency = TimeSpan.FromMilliseconds(30);
        var (here, there) = await PairAsync(near, far);
        var begun = network.Elapsed;
        await here.SayAsync("hello");
        Assert.Equal("hello", await there.HearAsync(5));

        Assert.Equal(TimeSpan.FromMilliseconds(90), begun); // A handshake has three ways.
        Assert.Equal(TimeSpan.FromMilliseconds(30), network.Elapsed - begun);
    });

    [Fact]
    public void Jitter_stays_within_its_bounds_and_varies() => Run(async (network, near, far) =>
    {
        var (here, there) = await PairAsync(near, far);
        (network.Latency, network.Jitter) = (TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(5));
        var taken = new HashSet<TimeSpan>();
        for (var i = 0; i < 50; i++)
        {
            var begun = network.Elapsed;
            await here.SayAsync("x");
            await there.HearAsync(1);
            taken.Add(network.Elapsed - begun);
            await network.Pause(TimeSpan.FromSeconds(1));
        }

        Assert.True(taken.Min() >= TimeSpan.FromMilliseconds(10) && taken.Max() <= TimeSpan.FromMilliseconds(15));
        Assert.True(taken.Count > 40);
    });

    [Fact]
    public void Bandwidth_bounds_how_fast_bytes_arrive() => Run(async (network, near, far) =>
    {
        var (here, there) = await PairAsync(near, far);
        network.Bandwidth = 10_000;
        var begun = network.Elapsed;
        var draining = there.DrainAsync();
        await here.SayAsync(new('x', Much));
        await here.Transport.Output.CompleteAsync();
        Assert.Equal(Much, await draining);

        // The bytes alone take ten seconds; headers are a few percent more.
        Assert.InRange(network.Elapsed - begun, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(12));
    });

    [Fact]
    public void Loss_shows_as_delay_and_loses_nothing() => Run(async (network, near, far) =>
    {
        var (here, there) = await PairAsync(near, far);
        network.Loss = 0.3;
        var begun = network.Elapsed;
        var draining = there.DrainAsync();
        await here.SayAsync(new('x', Much));
        await here.Transport.Output.CompleteAsync();
        Assert.Equal(Much, await draining);

        Assert.True(network.Elapsed - begun > TimeSpan.FromMilliseconds(200)); // At least one was sent again.
    });

    [Fact]
    public void A_partition_that_lasts_is_a_timeout_by_the_network() => Run(async (network, near, far) =>
    {
        var (here, there) = await PairAsync(near, far);
        using var partition = network.Partition(near, far);
        await here.SayAsync("hello?");
        await Assert.ThrowsAnyAsync<IOException>(() => here.HearAsync(1));

        var reason = here.CloseReason;
        Assert.Equal((ClosedBy.Network, CloseCause.Timeout), (reason?.By, reason?.Cause));
        // Linux gives up after 15 times, some 15 minutes (tcp_retries2).
        Assert.InRange(network.Elapsed, TimeSpan.FromMinutes(13), TimeSpan.FromMinutes(30));
        there.Abort();
    });

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_partition_that_heals_loses_nothing(bool there, bool back) => Run(async (network, near, far) =>
    {
        var (client, server) = await PairAsync(near, far);
        var partition = there && back ? network.Partition(near, far)
            : there ? network.PartitionOneWay(near, far) : network.PartitionOneWay(far, near);
        await client.SayAsync("ping");
        await server.SayAsync("pong");
        await network.Pause(TimeSpan.FromMinutes(5));
        // Where the way there is open, what was sent is there long before the acknowledgement gets through.
        Assert.Equal(there ? 0 : 4, server.BytesReceived);
        Assert.Equal(back ? 0 : 4, client.BytesReceived);
        partition.Dispose();

        Assert.Equal("ping", await server.HearAsync(4));
        Assert.Equal("pong", await client.HearAsync(4));
        await client.SayAsync("more");
        Assert.Equal("more", await server.HearAsync(4));
    });

    [Fact]
    public void Isolated_host_reaches_only_itself_until_the_isolation_ends() => Run(async (network, near, far) =>
    {
        var (client, server) = await PairAsync(near, far);
        var isolation = network.Isolate(far);
        var (late, _) = (network.AddHost("late"), await PairAsync(far, far));
        await client.SayAsync("ping");
        await network.Pause(TimeSpan.FromMinutes(1));
        Assert.Equal(0, server.BytesReceived);
        isolation.Dispose();

        Assert.Equal("ping", await server.HearAsync(4));
        var (lateClient, lateServer) = await PairAsync(late, far);
        await lateClient.SayAsync("late");
        Assert.Equal("late", await lateServer.HearAsync(4));
    });

    [Fact]
    public void The_first_rule_with_a_verdict_wins_until_it_is_lifted() => Run(async (network, near, far) =>
    {
        var (here, there) = await PairAsync(near, far);
        var undecided = network.AddRule(_ => null);
        var pass = network.AddRule(segment => segment.Data.Length > 0 ? Verdict.Pass : null);
        var late = network.AddRule(_ => Verdict.Delay(TimeSpan.FromSeconds(1)));
        Assert.Equal(TimeSpan.FromMilliseconds(1), await TakesAsync());

        pass.Dispose();
        Assert.Equal(TimeSpan.FromMilliseconds(1001), await TakesAsync());

        late.Dispose();
        late.Dispose();
        undecided.Dispose();
        Assert.Equal(TimeSpan.FromMilliseconds(1), await TakesAsync());

        async Task<TimeSpan> TakesAsync()
        {
            var begun = network.Elapsed;
            await here.SayAsync("x");
            await there.HearAsync(1);
            var taken = network.Elapsed - begun;
            await network.Pause(TimeSpan.FromSeconds(5));
            return taken;
        }
    });

    [Fact]
    public void Dropped_segments_are_sent_again_and_seen_again() => Run(async (network, near, far) =>
    {
        var (here, there) = await PairAsync(near, far);
        var seen = new List<TimeSpan>();
        using var rule = network.AddRule(segment =>
        {
            if (segment.Data.Length == 0 || !segment.Destination.Address.Equals(far.Address))
                return null;
            seen.Add(network.Elapsed);
            return seen.Count <= 3 ? Verdict.Drop : null;
        });
        await here.SayAsync("x");
        Assert.Equal("x", await there.HearAsync(1));

        var delays = seen.Zip(seen.Skip(1), (first, second) => (second - first).TotalMilliseconds);
        Assert.Equal([200, 400, 800], delays); // RFC 6298: each timeout doubles.
    });

    [Fact]
    public void A_reset_verdict_ends_both_ends_as_reset_by_the_peer() => Run(async (network, near, far) =>
    {
        var (here, there) = await PairAsync(near, far);
        using var rule = network.AddRule(segment => segment.Data.Length > 0 ? Verdict.Reset : null);
        await here.SayAsync("x");
        await Assert.ThrowsAnyAsync<IOException>(() => here.HearAsync(1));
        await Assert.ThrowsAnyAsync<IOException>(() => there.HearAsync(1));

        Assert.Equal((ClosedBy.Peer, CloseCause.Reset), (here.CloseReason?.By, here.CloseReason?.Cause));
        Assert.Equal((ClosedBy.Peer, CloseCause.Reset), (there.CloseReason?.By, there.CloseReason?.Cause));
    });

    [Fact]
    public void A_reset_of_a_large_write_does_not_leave_the_writer_asleep() => Run(async (network, near, far) =>
    {
        var (here, there) = await PairAsync(near, far);
        using var rule = network.AddRule(segment => segment.Data.Length > 0 ? Verdict.Reset : null);
        await here.Transport.Output.WriteAsync(new byte[1_000_000]);
        await here.DisposeAsync();
        await there.DisposeAsync();
        Assert.Equal(CloseCause.Reset, here.CloseReason?.Cause);
    });

    [Theory]
    [InlineData("latency")]
    [InlineData("loss")]
    [InlineData("bandwidth")]
    public void Settings_out_of_range_are_refused(string setting) => Run((network, _, _) =>
    {
        var refused = Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            if (setting == "latency")
                network.Latency = TimeSpan.FromTicks(-1);
            else if (setting == "loss")
                network.Loss = 1;
            else
                network.Bandwidth = 0;
        });
        Assert.Contains(setting, refused.Message, StringComparison.OrdinalIgnoreCase);
        return Task.CompletedTask;
    });
}
