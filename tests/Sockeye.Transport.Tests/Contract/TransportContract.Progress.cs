using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Contract;

/// <summary>What timeouts need to know of a connection.</summary>
public abstract partial class TransportContract
{
    [Fact]
    public Task Connection_on_which_nothing_waits_says_so() => Run(SmallBuffers, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await client.SendAsync("there");
        await server.ShouldReceiveAsync("there");
        await server.SendAsync("and back");
        await client.ShouldReceiveAsync("and back");

        foreach (var end in (TestEnd[])[client, server])
        {
            await world.BecomesTrueAsync(() => !ProgressOf(end).HasUnsent);
            var progress = ProgressOf(end);
            Assert.Equal(end.Connection.BytesReceived, progress.BytesReceived);
            Assert.Equal(end.Connection.BytesSent, progress.BytesSent);
            Assert.Equal(TimeSpan.Zero, progress.ReceivePauseTime);
            var feature = FeatureOf(end);
            Assert.False(feature.IsReadPaused || feature.IsSendBlocked || feature.HasEnded);
            // The acknowledgement may still be on its way.
            await world.BecomesTrueAsync(() => FeatureOf(end).GetSystemProgress() is null or { HasPending: false });
        }
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Writer_whose_peer_does_not_read_says_that_something_waits(bool clientFirst) => Run(SmallBuffers, async world =>
    {
        var (writer, reader) = await world.ConnectAsync(clientFirst);
        var flush = OfferTooMuch(writer);
        await world.BecomesTrueAsync(() => ProgressOf(writer).SendWaitTime >= TimeSpan.FromMilliseconds(15));
        await world.BecomesTrueAsync(() => ProgressOf(reader).ReceivePauseTime > TimeSpan.Zero);
        await world.BecomesTrueAsync(() => ProgressOf(writer).HasUnsent);
        await world.BecomesTrueAsync(() => FeatureOf(writer).GetSystemProgress() is null or { HasPending: true });
        var asked = FeatureOf(writer).GetSystemProgress();

        // When the peer reads, time stands still on both sides.
        await reader.ReceiveAsync(Up, TooMuch);
        await world.Soon(flush);
        await world.BecomesTrueAsync(() => !ProgressOf(writer).HasUnsent);
        (TimeSpan, TimeSpan) last = default;
        await world.BecomesTrueAsync(() =>
            last == (last = (ProgressOf(writer).SendWaitTime, ProgressOf(reader).ReceivePauseTime)), "both clocks stand still");
        if (asked is { } taken)
            Assert.True(FeatureOf(writer).GetSystemProgress()?.Acknowledged > taken.Acknowledged);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Blocked_send_and_paused_read_are_reported(bool clientFirst) => Run(SmallBuffers, async world =>
    {
        var (writer, reader) = await world.ConnectAsync(clientFirst);
        var flush = OfferTooMuch(writer);
        await world.BecomesTrueAsync(() => FeatureOf(writer).IsSendBlocked && FeatureOf(reader).IsReadPaused);
        Assert.False(FeatureOf(writer).IsReadPaused || FeatureOf(reader).IsSendBlocked);
        // The duration is reported as well, and grows.
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (FeatureOf(writer).ReadPausedFor, FeatureOf(reader).SendBlockedFor));
        var (blocked, paused) = (FeatureOf(writer).SendBlockedFor, FeatureOf(reader).ReadPausedFor);
        await world.BecomesTrueAsync(
            () => FeatureOf(writer).SendBlockedFor > blocked && FeatureOf(reader).ReadPausedFor > paused);

        await reader.ReceiveAsync(Up, TooMuch);
        await world.Soon(flush);
        await world.BecomesTrueAsync(() => !FeatureOf(writer).IsSendBlocked && !FeatureOf(reader).IsReadPaused);
    });

    [Fact]
    public Task Connection_has_ended_when_both_directions_have() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await client.SendFinAsync();
        await server.ReceiveFinAsync();
        Assert.False(FeatureOf(server).HasEnded);

        await server.DisposeAsync();
        await world.BecomesTrueAsync(() => FeatureOf(server).HasEnded);
        await client.ReceiveFinAsync();
        await client.DisposeAsync();
        await world.BecomesTrueAsync(() => FeatureOf(client).HasEnded);
    });

    [Fact]
    public Task Idle_time_starts_again_with_every_byte() => Run(SmallBuffers, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        // The end of a handshake may still be on its way.
        await world.BecomesTrueAsync(() => ProgressOf(server).IdleTime >= TimeSpan.FromMilliseconds(40));

        var sent = world.Time.GetTimestamp();
        await client.SendAsync("x");
        await server.ShouldReceiveAsync("x");

        Assert.True(ProgressOf(server).IdleTime <= world.Time.GetElapsedTime(sent));
        // The byte may have arrived before its sender knew that it was sent.
        await world.BecomesTrueAsync(() => ProgressOf(client).IdleTime <= world.Time.GetElapsedTime(sent));
    });

    [Fact]
    public Task Connection_whose_peer_takes_nothing_is_reset_by_its_watch() => Run(SmallBuffers, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        var timeouts = ConnectionTimeouts.CreateDisabled();
        timeouts.WriteStall = TimeSpan.FromMilliseconds(400);
        var watch = new TimeoutMonitor(server.Connection, new(timeouts, new CoarseTimer(world.Time)), stop: null);
        watch.Start();

        var flush = server.Output.WriteAsync(Up.Take(TooMuch)).AsTask();

        Assert.True((await world.Soon(flush)).IsCompleted);
        await server.ShouldEndAsync(ClosedBy.Local, CloseCause.Timeout);
        await client.DisposeAsync();
        watch.End();
    });

    [Fact]
    public Task Connection_that_does_nothing_is_closed_in_order_by_its_watch() => Run(SmallBuffers, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        var timeouts = ConnectionTimeouts.CreateDisabled();
        timeouts.Idle = TimeSpan.FromMilliseconds(200);
        var watch = new TimeoutMonitor(server.Connection, new(timeouts, new CoarseTimer(world.Time)), stop: null);
        watch.Start();
        await client.SendAsync("x");
        await server.ShouldReceiveAsync("x");

        await client.ReceiveFinAsync();

        await server.ShouldEndAsync(ClosedBy.Local, CloseCause.Timeout);
        await client.DisposeAsync();
        watch.End();
    });

    private static IConnectionProgressFeature FeatureOf(TestEnd end) =>
        end.Connection.Features.Get<IConnectionProgressFeature>()
        ?? throw new InvalidOperationException("The connection has no progress feature.");

    private static ConnectionProgress ProgressOf(TestEnd end) => FeatureOf(end).Progress;
}
