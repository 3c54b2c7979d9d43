using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

/// <summary>What handlers may still do once they are notified of a stop, and what counts as drained.</summary>
public sealed class ServerDrainTests
{
    private const int Seed = 3302;

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 64);

    [Fact]
    public void Handler_is_notified_of_the_stop_and_still_reads_what_it_waits_for() => Simulated.Run(Seed, async world =>
    {
        List<string> heard = [];
        await using var server = await StartAsync(world, async device =>
        {
            await device.WriteAsync("open the valve");
            await foreach (var line in device.ReadAllAsync())
                heard.Add($"before: {line}");
            Assert.True(device.StopRequested.IsCancellationRequested);
            Assert.Equal(CloseCause.Stop, device.CloseReason?.Cause);
            await foreach (var line in device.ReadAllAsync(ReadUntil.PeerEnds))
            {
                heard.Add($"after: {line}");
                if (line == "valve is open")
                    break;
            }
        });
        await using var device = await ConnectAsync(world);
        await ReadLineAsync(device);
        await device.WriteAsync("opening");
        await device.Connection.SendAsync("val"); // The beginning of a message is not lost by the stop.
        await world.Until(() => heard.Count == 1, "the first line was heard");

        var stopping = server.StopAsync();
        await world.Pass(TimeSpan.FromSeconds(3));
        Assert.False(stopping.IsCompleted);
        await device.Connection.SendAsync("ve is open\n");
        await device.DisposeAsync();
        var result = await stopping;

        Assert.Equal(["before: opening", "after: valve is open"], heard);
        Assert.Equal((1, 0, 0), (result.Drained, result.Aborted, result.CutShort));
        Assert.Equal("1 drained, 0 aborted", $"{result}");
    });

    [Fact]
    public void Reading_until_the_peer_ends_ends_with_its_FIN() => Simulated.Run(Seed, async world =>
    {
        List<string> heard = [];
        await using var server = await StartAsync(world, async peer =>
        {
            await foreach (var line in peer.ReadAllAsync(ReadUntil.PeerEnds))
                heard.Add(line);
        });
        await using var client = await ConnectAsync(world);
        await client.WriteAsync("one");
        await world.Until(() => heard.Count == 1, "it was heard");

        var stopping = server.StopAsync();
        await world.Pass(TimeSpan.FromSeconds(1));
        await client.WriteAsync("two");
        await client.DisposeAsync();

        Assert.Equal(1, (await stopping).Drained);
        Assert.Equal(["one", "two"], heard);
    });

    [Theory]
    [InlineData("an answer after the handler has gone")]
    [InlineData("a request that is not read")]
    [InlineData("half a request")]
    [InlineData("an exception")]
    [InlineData("a reset")]
    public void Connection_that_does_not_end_whole_is_not_called_drained(string how) => Simulated.Run(Seed, async world =>
    {
        var notified = new TaskCompletionSource();
        await using var server = await StartAsync(world, async peer =>
        {
            await peer.WriteAsync("what time is it?");
            await foreach (var _ in peer.ReadAllAsync())
            {
                // Reading ends with the stop.
            }

            notified.SetResult();
            if (how is "an exception")
                throw new FormatException("not whole");
            if (how is "a request that is not read" or "a reset")
                await world.Pass(TimeSpan.FromSeconds(1));
        });
        await using var client = await ConnectAsync(world);
        await ReadLineAsync(client);
        if (how is "half a request")
        {
            await client.Connection.SendAsync("half");
            await world.Pass(TimeSpan.FromSeconds(1));
        }

        var stopping = server.StopAsync();
        await notified.Task;
        if (how is "a reset")
            client.Connection.Abort();
        else if (how is "a request that is not read" or "an answer after the handler has gone")
            await client.WriteAsync("noon");
        await client.DisposeAsync();
        var result = await stopping;

        Assert.Equal((0, 0, 1), (result.Drained, result.Aborted, result.CutShort));
        Assert.Equal("0 drained, 0 aborted, 1 cut short", $"{result}");
        Assert.Equal(
            "Stopped: 0 connections drained, 0 aborted, 1 cut short.", Assert.Single(world.Log.WithId(1001)).Message);
    });

    [Fact]
    public void Stop_that_is_cancelled_does_not_count_as_drained_what_it_aborted() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);
        await using var client = await world.Connect();
        await client.SendAsync("x");
        await client.ReadAsync(1);
        using var timeout = new CancellationTokenSource();

        var stopping = server.StopAsync(timeout.Token);
        await world.Pass(TimeSpan.FromSeconds(1));
        timeout.Cancel();
        var result = await stopping;

        Assert.Equal((0, 1, 0), (result.Drained, result.Aborted, result.CutShort));
    });

    [Fact]
    public void Removed_endpoint_counts_what_was_cut_short() => Simulated.Run(Seed, async world =>
    {
        var options = (Action<SockeyeServerOptions>)(options =>
            (options.Transport, options.TimeProvider, options.LoggerFactory) = (world.Server, world.Time, world.Log));
        await using var server = await SockeyeServer.StartAsync(first =>
        {
            options(first);
            first.ListenAnyIP(7000).Run(Lines, async peer =>
            {
                await foreach (var _ in peer.ReadAllAsync())
                {
                    // Reading ends when the endpoint is removed.
                }

                throw new FormatException("not whole");
            });
            first.ListenAnyIP(7001).Run(ConnectionText.Echo);
        });
        await using var client = await ConnectAsync(world);
        await world.Until(() => server.ConnectionCount == 1, "it was accepted");

        await server.ReloadAsync(second =>
        {
            options(second);
            second.ListenAnyIP(7001).Run(ConnectionText.Echo);
        });
        await world.Until(() => world.Log.WithId(1007).Any(), "the endpoint is done");

        Assert.Contains(
            "0 connections drained, 0 aborted, 1 cut short", world.Log.WithId(1007).Single().Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Reason_of_the_stop_is_there_while_the_handler_runs_and_gives_way_to_what_happens() => Simulated.Run(
        Seed, async world =>
        {
            List<string> seen = [];
            await using var server = await world.Start(async connection =>
            {
                seen.Add($"{connection.CloseReason}");
                await connection.StopRequested.WhenCancelledAsync();
                seen.Add($"{connection.CloseReason?.By} {connection.CloseReason?.Cause}: {connection.CloseReason}");
                await connection.ReadToEndAsync();
                seen.Add($"{connection.CloseReason}");
            });
            await using var client = await world.Connect();
            await world.Until(() => seen.Count == 1, "the handler runs");

            var stopping = server.StopAsync();
            await world.Until(() => seen.Count == 2, "it was notified");
            await client.DisposeAsync();
            await stopping;

            Assert.Equal(["", "Local Stop: the server was stopped", "the peer ended its side (FIN)"], seen);
        });

    [Fact]
    public void Reason_of_a_lifetime_that_is_over_is_there_while_the_handler_runs() => Simulated.Run(Seed, async world =>
    {
        var seen = new TaskCompletionSource<CloseReason?>();
        await using var server = await world.Start(
            async connection =>
            {
                await connection.StopRequested.WhenCancelledAsync();
                seen.SetResult(connection.CloseReason);
            },
            options => options.Timeouts.Lifetime = TimeSpan.FromMinutes(1));
        await using var client = await world.Connect();

        Assert.Equal(CloseCause.Timeout, (await seen.Task)?.Cause);
    });

    private static Task<SockeyeServer> StartAsync(Simulated world, Func<MessageConnection<string>, Task> handler) =>
        world.StartWith(listen => listen.Run(Lines, handler));

    private static ValueTask<MessageConnection<string>> ConnectAsync(Simulated world) =>
        world.NewClient().ConnectAsync("server", 7000, Lines);

    private static async Task<string> ReadLineAsync(MessageConnection<string> messages)
    {
        await foreach (var line in messages.ReadAllAsync())
            return line;
        return "";
    }
}
