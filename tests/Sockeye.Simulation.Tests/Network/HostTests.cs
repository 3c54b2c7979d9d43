using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;
using static Sockeye.Simulation.Tests.Network.Runs;

namespace Sockeye.Simulation.Tests.Network;

/// <summary>What can happen to a host.</summary>
public sealed class HostTests
{
    [Fact]
    public void What_runs_on_a_crashed_host_meets_errors() => Run(async (network, near, far) =>
    {
        var listener = await far.ListenAsync();
        var accepting = listener.AcceptAsync();
        var client = await near.ConnectAsync(far);
        var server = (await accepting)!;
        var next = listener.AcceptAsync();
        far.Crash();

        Assert.Null(await next);
        await Assert.ThrowsAnyAsync<IOException>(() => server.HearAsync(1));
        await Assert.ThrowsAnyAsync<Exception>(() => far.ConnectAsync(near).AsTask());
        client.Abort();
    });

    [Fact]
    public void Connection_that_is_reset_while_it_is_accepted_ends_once() => Run(async (network, near, far) =>
    {
        await using var listener = await far.ListenAsync();
        var accepting = AcceptAndResetAsync();

        // The bytes overtake the acknowledgement that ends the handshake: they open the connection, and find it reset.
        using var slow = network.AddRule(segment => segment is { Control: SegmentControl.Ack, Data.IsEmpty: true }
            ? Verdict.Delay(TimeSpan.FromMilliseconds(20))
            : null);
        var client = await near.ConnectAsync(far);
        await client.SayAsync("hello?");
        await accepting;
        await Assert.ThrowsAnyAsync<IOException>(() => client.HearAsync(1));
        await network.Pause(TimeSpan.FromSeconds(1));

        var lines = network.FormatTrace().Split('\n').Where(line => line.Contains("  far ", StringComparison.Ordinal));
        Assert.Equal(1, lines.Count(line => line.Contains("ended: ", StringComparison.Ordinal)));

        async Task AcceptAndResetAsync() => (await listener.AcceptAsync())!.Abort();
    });

    [Fact]
    public void A_peer_of_a_crashed_host_times_out() => Run(async (network, near, far) =>
    {
        var (client, _) = await PairAsync(near, far);
        far.Crash();
        await client.SayAsync("hello?");
        await Assert.ThrowsAnyAsync<IOException>(() => client.HearAsync(1));
        Assert.Equal((ClosedBy.Network, CloseCause.Timeout), (client.CloseReason?.By, client.CloseReason?.Cause));
    });

    [Fact]
    public void A_peer_of_a_host_that_came_back_is_reset() => Run(async (network, near, far) =>
    {
        var (client, _) = await PairAsync(near, far);
        far.Crash();
        far.Restart();
        await client.SayAsync("hello?");
        await Assert.ThrowsAnyAsync<IOException>(() => client.HearAsync(1));
        Assert.Equal(CloseCause.Reset, client.CloseReason?.Cause);
    });

    [Fact]
    public void A_peer_learns_of_a_crash_that_took_the_acknowledgement_along() => Run(async (network, near, far) =>
    {
        var (client, _) = await PairAsync(near, far);
        // It takes the bytes, and its acknowledgement is lost: only a retransmission can show that.
        using (network.PartitionOneWay(far, near))
        {
            await client.SayAsync("hello?");
            await network.Pause(TimeSpan.FromMilliseconds(50));
            far.Crash();
            far.Restart();
        }

        await Assert.ThrowsAnyAsync<IOException>(() => client.HearAsync(1));
        Assert.Equal(CloseCause.Reset, client.CloseReason?.Cause);
    });

    [Fact]
    public void A_writer_learns_of_the_crash_of_a_peer_whose_window_was_closed() => Run(async (network, near, far) =>
    {
        var (client, _) = await PairAsync(near, far);
        var writing = client.Transport.Output.WriteAsync(new byte[1_000_000]).AsTask();
        await network.Pause(TimeSpan.FromMinutes(1));
        Assert.False(writing.IsCompleted);
        far.Crash();
        far.Restart();

        Assert.True((await writing).IsCompleted);
        Assert.Equal(CloseCause.Reset, client.CloseReason?.Cause);
    });

    [Fact]
    public void Connecting_to_a_host_that_crashes_in_the_handshake_ends() => Run(async (network, near, far) =>
    {
        await far.ListenAsync();
        var connecting = near.ConnectAsync(far).AsTask();
        await network.Pause(network.Latency);
        far.Crash();
        far.Restart();
        await Assert.ThrowsAnyAsync<Exception>(() => connecting);
    });

    [Fact]
    public void Ports_of_a_crashed_host_are_free_again() => Run(async (network, near, far) =>
    {
        await far.ListenAsync();
        far.Crash();
        far.Restart();
        var listener = await far.ListenAsync();
        var accepting = listener.AcceptAsync();
        await near.ConnectAsync(far);
        Assert.NotNull(await accepting);
    });

    [Fact]
    public void A_paused_host_sends_and_takes_nothing_until_it_goes_on() => Run(async (network, near, far) =>
    {
        var (client, server) = await PairAsync(near, far);
        var (outer, inner) = (far.Pause(), far.Pause());
        await client.SayAsync("ping");
        await server.SayAsync("pong");
        await network.Pause(TimeSpan.FromMinutes(1));
        outer.Dispose();
        await network.Pause(TimeSpan.FromMinutes(1));
        Assert.Equal((0, 0), (client.BytesReceived, server.BytesReceived));
        inner.Dispose();

        Assert.Equal("ping", await server.HearAsync(4));
        Assert.Equal("pong", await client.HearAsync(4));
        Assert.InRange(network.Elapsed, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(2.1));
    });

    [Fact]
    public void A_crash_takes_what_a_paused_host_held() => Run(async (network, near, far) =>
    {
        var (client, server) = await PairAsync(near, far);
        var pause = far.Pause();
        await server.SayAsync("never");
        await network.Pause(TimeSpan.FromSeconds(1));
        far.Crash();
        far.Restart();
        pause.Dispose();
        await network.Pause(TimeSpan.FromSeconds(10));

        Assert.Equal(0, client.BytesReceived);
        client.Abort();
    });

    [Fact]
    public void A_slow_reader_takes_bytes_at_its_rate_and_slows_the_writer() => Run(async (network, near, far) =>
    {
        const int Much = 1_000_000;
        var (client, server) = await PairAsync(near, far);
        far.ReadRate = 10_000;
        var draining = server.DrainAsync();
        await client.Transport.Output.WriteAsync(new byte[Much]);
        // All but what fits into the buffers in between was taken.
        Assert.InRange(network.Elapsed, TimeSpan.FromSeconds(70), TimeSpan.FromSeconds(100));
        await client.Transport.Output.CompleteAsync();
        Assert.Equal(Much, await draining);
        Assert.InRange(network.Elapsed, TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(101));
    });

    [Theory]
    [InlineData(256)]
    [InlineData(1000)]
    [InlineData(3000)]
    public void Small_buffers_pass_everything_on(int size) => SimulatedNetwork.Run(1, async network =>
    {
        var options = new SocketTransportOptions { ReceiveBufferSize = size, SendBufferSize = size };
        var (client, server) = await PairAsync(network.AddHost("near", options), network.AddHost("far", options));
        var draining = server.DrainAsync();
        await client.SayAsync(new('x', 50_000));
        await client.Transport.Output.CompleteAsync();
        Assert.Equal(50_000, await draining);
    });

    [Fact]
    public void A_segment_that_comes_after_both_ends_have_finished_breaks_nothing() =>
        SimulatedNetwork.Explore(0..200, async network =>
        {
            var (near, far) = (network.AddHost("near"), network.AddHost("far"));
            var (client, server) = await PairAsync(near, far);
            network.Jitter = TimeSpan.FromMilliseconds(50);
            var leaving = LeaveAsync();
            // More has arrived by now than the server's pipe takes; acknowledgements of it are still on their way.
            await network.Pause(TimeSpan.FromMilliseconds(network.Random.Next(300)));
            await server.Transport.Output.CompleteAsync();
            await leaving;
            await network.Pause(TimeSpan.FromSeconds(10));
            Assert.Equal(100_000, await server.DrainAsync());

            async Task LeaveAsync()
            {
                await client.SayAsync(new('x', 100_000));
                await client.DisposeAsync();
            }
        });
}
