using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

public sealed class BandwidthTests
{
    private const int Seed = 34;
    private const int Rate = 100_000;

    [Fact]
    public void Sending_keeps_to_its_rate_in_small_steps_and_loses_nothing() => Simulated.Run(Seed, async world =>
    {
        var sent = Bytes(1_000_000);
        await using var server = await world.StartWith(listen => listen.UseBandwidthLimit(receive: null, send: Rate)
            .Run(connection => connection.Transport.Output.WriteAsync(sent).AsTask()));
        await using var client = await world.Connect();

        var arrivals = await ReadAll(world, client.Transport.Input, sent);

        AssertSmooth(arrivals, sent.Length, world.Network.Elapsed);
    });

    [Fact]
    public void Receiving_keeps_to_its_rate_and_slows_the_peer_down() => Simulated.Run(Seed, async world =>
    {
        var sent = Bytes(1_000_000);
        List<(TimeSpan At, long Total)> arrivals = [];
        await using var server = await world.StartWith(listen => listen.UseBandwidthLimit(receive: Rate, send: null)
            .Run(async connection => arrivals = await ReadAll(world, connection.Transport.Input, sent)));
        await using var client = await world.Connect();
        var begun = world.Network.Elapsed;

        await client.Transport.Output.WriteAsync(sent);
        // What fits in buffers on the way is all that the peer can be ahead.
        Assert.InRange((world.Network.Elapsed - begun).TotalSeconds, 6, 10);
        await client.Transport.Output.CompleteAsync();
        Assert.Equal("", await client.ReadToEndAsync());

        AssertSmooth(arrivals, sent.Length, world.Network.Elapsed);
    });

    [Fact]
    public void Connections_that_share_a_limit_get_equal_parts_and_the_sum_is_the_rate() => Simulated.Run(Seed, async world =>
    {
        var limit = new BandwidthLimit(Rate);
        var sent = Bytes(4_000_000);
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            (options.Transport, options.TimeProvider, options.LoggerFactory) = (world.Server, world.Time, world.Log);
            foreach (var port in (int[])[7001, 7002])
            {
                options.ListenAnyIP(port).UseBandwidthLimit(null, limit)
                    .Run(connection => connection.Transport.Output.WriteAsync(sent).AsTask());
            }
        });
        var got = new long[10];
        var readers = Enumerable.Range(0, 10).Select(async i =>
        {
            var client = await world.Client.ConnectAsync(new IPEndPoint(world.Server.Address, 7001 + (i % 2)));
            while (world.Network.Elapsed < TimeSpan.FromSeconds(60))
            {
                var read = await client.Transport.Input.ReadAsync();
                got[i] += read.Buffer.Length;
                client.Transport.Input.AdvanceTo(read.Buffer.End);
            }

            client.Abort();
            await client.DisposeAsync();
        });

        await Task.WhenAll(readers);

        Assert.InRange(got.Sum(), 59 * Rate, 61 * Rate);
        Assert.All(got, one => Assert.InRange(one, got.Max() * 0.95, got.Max()));
    });

    [Fact]
    public void Client_has_the_same_limit_and_its_disposal_sends_what_was_written() => Simulated.Run(Seed, async world =>
    {
        var sent = Bytes(250_000);
        List<(TimeSpan At, long Total)> arrivals = [];
        await using var server = await world.Start(
            async connection => arrivals = await ReadAll(world, connection.Transport.Input, sent));
        var limited = world.NewClient(options => options.UseBandwidthLimit(receive: Rate, send: Rate));
        await using (var client = await limited.ConnectAsync(new IPEndPoint(world.Server.Address, 7000)))
            await client.Transport.Output.WriteAsync(sent);
        await world.Until(() => arrivals.Count > 0, "all had arrived");

        AssertSmooth(arrivals, sent.Length, world.Network.Elapsed);
    });

    [Fact]
    public void Half_close_works_in_both_directions() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(
            listen => listen.UseBandwidthLimit(receive: 1000, send: 1000).Run(ConnectionText.Echo));
        await using var client = await world.Connect();
        var text = new string('a', 5000);

        await client.SendAsync(text);
        await client.Transport.Output.CompleteAsync();

        Assert.Equal(text, await client.ReadToEndAsync());
        await client.DisposeAsync();
        Assert.Contains("Peer Fin Input", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Reset_shows_what_came_before_it_and_then_the_error() => Simulated.Run(Seed, async world =>
    {
        var (got, error) = (0L, (Exception?)null);
        await using var server = await world.StartWith(listen => listen.UseBandwidthLimit(receive: 1000, send: 1000)
            .Run(async connection =>
            {
                try
                {
                    while (true)
                    {
                        var read = await connection.Transport.Input.ReadAsync();
                        got += read.Buffer.Length;
                        connection.Transport.Input.AdvanceTo(read.Buffer.End);
                    }
                }
                catch (ConnectionResetException e)
                {
                    error = e;
                }
            }));
        await using var client = await world.Connect();
        await client.SendAsync(new string('a', 10_000));
        await world.Pass(TimeSpan.FromSeconds(2));
        client.Abort();

        await world.Until(() => error is not null, "the handler saw the reset");

        Assert.Equal(10_000, got); // what waited for its turn did not wait any longer
    });

    [Fact]
    public void Abort_ends_a_handler_that_waits_in_either_direction_at_once() => Simulated.Run(Seed, async world =>
    {
        var ended = 0;
        ConnectionContext accepted = null!;
        await using var server = await world.StartWith(listen => listen.UseBandwidthLimit(receive: 1, send: 1)
            .Run(async connection =>
            {
                accepted = connection;
                var flush = await connection.Transport.Output.WriteAsync(Bytes(100_000));
                Assert.True(flush.IsCompleted);
                ended++;
            }));
        await using var client = await world.Connect();
        await world.Until(() => accepted is not null, "it was accepted");
        await world.Pass(TimeSpan.FromSeconds(10));
        var begun = world.Network.Elapsed;

        accepted.Abort();
        await world.Until(() => ended == 1 && server.ConnectionCount == 0, "its handler ended");

        Assert.InRange(world.Network.Elapsed - begun, TimeSpan.Zero, TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAsync<ConnectionResetException>(() => client.ReadToEndAsync());
    });

    [Fact]
    public void Read_that_waits_for_its_grant_can_be_cancelled_and_loses_nothing() => Simulated.Run(Seed, async world =>
    {
        var text = new StringBuilder();
        await using var server = await world.StartWith(listen => listen.UseBandwidthLimit(receive: 10, send: null)
            .Run(async connection =>
            {
                var input = connection.Transport.Input;
                for (var i = 0; ; i++)
                {
                    using var giving = new CancellationTokenSource(TimeSpan.FromMilliseconds(7), world.Time);
                    _ = CancelSoon(world, input, (i % 13) + 3);
                    try
                    {
                        var read = await input.ReadAsync(i % 2 == 0 ? giving.Token : default);
                        text.Append(Encoding.ASCII.GetString(read.Buffer));
                        input.AdvanceTo(read.Buffer.End);
                        if (read.IsCompleted)
                            return;
                    }
                    catch (OperationCanceledException)
                    {
                        // Asked again.
                    }
                }
            }));
        await using var client = await world.Connect();
        var sent = string.Concat(Enumerable.Range(0, 400).Select(i => $"{i:0000}"));
        await client.SendAsync(sent);
        await client.Transport.Output.CompleteAsync();

        Assert.Equal("", await client.ReadToEndAsync());
        Assert.Equal(sent, text.ToString());
    });

    [Fact]
    public void Reader_that_takes_a_part_gets_the_rest_at_once_and_TryRead_returns_what_was_granted() =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await world.Start(
                connection => connection.Transport.Output.WriteAsync(Bytes(5000)).AsTask());
            var limited = world.NewClient(options => options.UseBandwidthLimit(receive: 1000, send: null));
            await using var client = await limited.ConnectAsync(new IPEndPoint(world.Server.Address, 7000));
            var input = client.Transport.Input;
            await world.Pass(TimeSpan.FromSeconds(1));

            Assert.True(input.TryRead(out var read));
            Assert.Equal(100, read.Buffer.Length);
            input.AdvanceTo(read.Buffer.GetPosition(10), read.Buffer.GetPosition(20));
            var now = world.Network.Elapsed;
            read = await input.ReadAsync();
            Assert.Equal((90, now), (read.Buffer.Length, world.Network.Elapsed));
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);

            var total = 0L;
            while (input.TryRead(out read))
            {
                total = read.Buffer.Length;
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }

            Assert.InRange(total, 1300, 1460); // the burst
            read = await input.ReadAtLeastAsync(2000);
            Assert.InRange((world.Network.Elapsed - now).TotalSeconds, 0.5, 0.7);
            input.AdvanceTo(read.Buffer.End);
        });

    [Fact]
    public void Handler_that_ends_its_output_with_an_error_resets_and_one_that_throws_too() => Simulated.Run(Seed, async world =>
    {
        foreach (var throws in (bool[])[true, false])
        {
            await using var server = await world.StartWith(listen => listen.UseBandwidthLimit(receive: null, send: 10)
                .Run(async connection =>
                {
                    await connection.Transport.Output.WriteAsync(Bytes(1500));
                    if (throws)
                        throw new InvalidOperationException("broken");
                    await connection.Transport.Output.CompleteAsync(new InvalidOperationException("broken"));
                }));
            await using var client = await world.Connect();

            await Assert.ThrowsAsync<ConnectionResetException>(() => client.ReadToEndAsync());
        }
    });

    [Fact]
    public void Peer_that_takes_nothing_of_what_is_left_is_reset_soon() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.UseBandwidthLimit(null, send: 10_000_000)
            .Run(connection =>
            {
                connection.Transport.Output.Write((ReadOnlySpan<byte>)Bytes(2_000_000));
                return Task.CompletedTask;
            }));
        await using var client = await world.Connect();
        var begun = world.Network.Elapsed;

        await world.Until(() => world.Log.WithId(1200).Any(), "it ended");

        Assert.InRange(world.Network.Elapsed - begun, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(16));
        Assert.Contains("Local Timeout Both, the peer read nothing for 5 s", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Stop_ends_connections_whose_bytes_still_wait_after_its_timeout() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen.UseBandwidthLimit(null, send: 1)
            .Run(connection => connection.Transport.Output.WriteAsync(Bytes(100_000)).AsTask()));
        await using var client = await world.Connect();
        await world.Pass(TimeSpan.FromSeconds(1));
        var begun = world.Network.Elapsed;

        var result = await server.StopAsync();

        Assert.Equal((0, 1), (result.Drained, result.Aborted));
        Assert.InRange((world.Network.Elapsed - begun).TotalSeconds, 5, 5.1);
    });

    [Fact]
    public void Limits_that_limit_nothing_or_cannot_be_are_refused()
    {
        var listen = new SockeyeServerOptions().ListenLocalhost(0);

        Assert.Throws<ArgumentException>(() => listen.UseBandwidthLimit((long?)null, null));
        Assert.Throws<ArgumentException>(() => new SockeyeClientOptions().UseBandwidthLimit((BandwidthLimit?)null, null));
        Assert.Throws<ArgumentOutOfRangeException>(() => listen.UseBandwidthLimit(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BandwidthLimit(1, 0));
        Assert.Contains("UseBandwidthLimit", Assert.Throws<InvalidOperationException>(
            () => new SockeyeClientOptions().UseBandwidthLimit(1, 1).UseBandwidthLimit(1, 1)).Message);
    }

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i % 251))];

    private static async Task CancelSoon(Simulated world, PipeReader input, int milliseconds)
    {
        await world.Pass(TimeSpan.FromMilliseconds(milliseconds));
        input.CancelPendingRead();
    }

    /// <summary>Reads to the end, comparing; returns how much had arrived at which time.</summary>
    private static async Task<List<(TimeSpan At, long Total)>> ReadAll(Simulated world, PipeReader input, byte[] expected)
    {
        var arrivals = new List<(TimeSpan At, long Total)>();
        var total = 0L;
        while (true)
        {
            var read = await input.ReadAsync();
            foreach (var part in read.Buffer)
            {
                Assert.True(part.Span.SequenceEqual(expected.AsSpan((int)total, part.Length)), "Bytes changed on the way.");
                total += part.Length;
            }

            arrivals.Add((world.Network.Elapsed, total));
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                break;
        }

        Assert.Equal(expected.Length, total);
        return arrivals;
    }

    /// <summary>At every moment what is due has come: within a fifth of a second's worth.</summary>
    private static void AssertSmooth(List<(TimeSpan At, long Total)> arrivals, int length, TimeSpan now)
    {
        var begun = arrivals[0].At;
        foreach (var (at, total) in arrivals)
        {
            var due = (at - begun).TotalSeconds * Rate;
            Assert.InRange(total, Math.Min(length, due - (Rate * 0.05)), due + (Rate * 0.25));
        }

        Assert.InRange((arrivals[^1].At - begun).TotalSeconds, (length / (double)Rate) - 0.25, (length / (double)Rate) + 0.1);
        Assert.True(now >= arrivals[^1].At);
    }
}
