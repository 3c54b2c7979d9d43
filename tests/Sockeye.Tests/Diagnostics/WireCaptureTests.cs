using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Diagnostics;

public sealed class WireCaptureTests
{
    private const int Seed = 60;
    private const string Name = "x.pcapng";

    [Fact]
    public void Exchange_is_a_TCP_stream_from_handshake_to_both_FINs() => Simulated.Run(Seed, async world =>
    {
        var file = await Record(world, ConnectionText.Echo, async client =>
        {
            await client.SendAsync("hello");
            Assert.Equal("hello", await client.ReadAsync(5));
            await world.Pass(TimeSpan.FromSeconds(2));
        });

        Assert.Equal(["< S", "> SA", "< A", "< PA hello", "> PA hello", "< FA", "> A", "> FA", "< A"], file.Story());
        var segments = file.Segments.ToList();
        Assert.All(segments, each => Assert.Equal("10.0.0.1:7000", $"{(each.Frame.IsOutbound ? each.From : each.To)}"));
        Assert.Equal(segments[0].Sequence + 1, segments[3].Sequence);
        Assert.Equal(segments[3].Sequence + 5, segments[4].Acknowledged);
        Assert.Equal(segments[7].Sequence + 1, segments[8].Acknowledged);
        Assert.InRange(segments[5].Frame.Time - segments[4].Frame.Time, 2_000_000_000, 2_020_000_000);
        var begun = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero) - DateTimeOffset.UnixEpoch;
        Assert.InRange(segments[0].Frame.Time - (begun.Ticks * 100), 0, 1_000_000_000);
        Assert.Contains("accepted from 10.0.0.2:", Assert.Single(segments[0].Frame.Comments));
        Assert.EndsWith("ended: Peer Fin, the peer ended its side (FIN)", Assert.Single(segments[8].Frame.Comments));
        Assert.Equal("10.0.0.1:7000", Assert.Single(file.Interfaces).Name);
        Assert.Equal(new(0, 9, 0), Assert.Single(file.AllStatistics));
    });

    [Fact]
    public void Bytes_that_are_shown_again_are_recorded_once() => Simulated.Run(Seed, async world =>
    {
        var file = await Record(world, async connection =>
        {
            var input = connection.Transport.Input;
            for (var seen = 0L; seen < 6;)
            {
                var read = await input.ReadAsync();
                seen = read.Buffer.Length;
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }

            input.CancelPendingRead();
            var cancelled = await input.ReadAsync();
            Assert.True(cancelled.IsCanceled);
            input.AdvanceTo(cancelled.Buffer.GetPosition(2));
            Assert.True(input.TryRead(out var again));
            input.AdvanceTo(again.Buffer.GetPosition(1), again.Buffer.End);
            Assert.Equal("defghi", Text((await input.ReadAtLeastAsync(6)).Buffer));
            await connection.SendAsync("!");
        }, async client =>
        {
            await client.SendAsync("abc");
            await world.Pass(TimeSpan.FromSeconds(1));
            await client.SendAsync("def");
            await world.Pass(TimeSpan.FromSeconds(1));
            await client.SendAsync("ghi");
            await client.ReadAsync(1);
        });

        Assert.Equal(("abcdefghi", "!"), (file.Text(outbound: false), file.Text(outbound: true)));
    });

    [Fact]
    public void What_is_written_is_recorded_when_it_is_flushed() => Simulated.Run(Seed, async world =>
    {
        var file = await Record(world, async connection =>
        {
            var output = connection.Transport.Output;
            output.GetMemory(100).Span.Fill((byte)'a');
            output.Advance(0);
            output.Write("one "u8);
            "two"u8.CopyTo(output.GetSpan(3));
            output.Advance(1);
            output.Advance(2); // The rest of the same memory.
            await world.Pass(TimeSpan.FromSeconds(1));
            await output.FlushAsync();
            output.Write("not yet, "u8);
            await output.WriteAsync("all"u8.ToArray());
            await output.FlushAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => output.WriteAsync("never"u8.ToArray(), new(canceled: true)).AsTask());
            output.Write("left to the end"u8);
        }, async client => Assert.Equal("one twonot yet, allleft to the end", await client.ReadToEndAsync()));

        Assert.Equal("one twonot yet, allleft to the end", file.Text(outbound: true));
        Assert.Equal(["> PA one two", "> PA not yet, ", "> PA all", "> PA left to the end"], file.Story()[3..7]);
    });

    [Fact]
    public void Half_closed_connection_goes_on_in_the_other_direction() => Simulated.Run(Seed, async world =>
    {
        var file = await Record(world, async connection =>
        {
            Assert.Equal("question", await connection.ReadToEndAsync());
            await connection.SendAsync("answer");
        }, async client =>
        {
            await client.SendAsync("question");
            await client.Transport.Output.CompleteAsync();
            Assert.Equal("answer", await client.ReadToEndAsync());
        });

        Assert.Equal(["< PA question", "< FA", "> A", "> PA answer", "> FA", "< A"], file.Story()[3..]);
    });

    [Fact]
    public void Reset_by_the_peer_comes_after_the_bytes_before_it() => Simulated.Run(Seed, async world =>
    {
        var file = await Record(world, async connection =>
        {
            await connection.SendAsync("ready");
            await world.Pass(TimeSpan.FromSeconds(5)); // Data and reset arrive.
            Assert.Equal("last", await connection.ReadAsync(4));
            await connection.AssertResetAsync();
        }, async client =>
        {
            await client.ReadAsync(5);
            await client.SendAsync("last");
            await world.Pass(TimeSpan.FromSeconds(1));
            client.Abort();
        });

        Assert.Equal(["> PA ready", "< PA last", "< RA"], file.Story()[3..]);
        Assert.EndsWith("ended: Peer Reset, the peer reset the connection (RST)", Assert.Single(file.Frames[^1].Comments));
    });

    [Theory]
    [InlineData("throws", "> RA", "Local HandlerError, the handler threw InvalidOperationException: broken")]
    [InlineData("aborts", "> RA", "Local ProtocolError, not spoken here")]
    [InlineData("completes with an error", "> RA", "Local HandlerError, this side ended with an error: broken")]
    [InlineData("is idle", "> A", "Local Timeout, nothing was received or sent for 30 s (Timeouts.Idle)")]
    public void End_by_this_side_shows_as_it_was(string how, string last, string comment) => Simulated.Run(Seed, async world =>
    {
        var file = await Record(world, async connection =>
        {
            await connection.SendAsync("x");
            await connection.ReadAsync(1);
            connection.Transport.Output.Write("never flushed"u8);
            switch (how)
            {
                case "throws":
                    throw new InvalidOperationException("broken");
                case "aborts":
                    connection.Abort(CloseCause.ProtocolError, "not spoken here");
                    break;
                case "completes with an error":
                    await connection.Transport.Output.CompleteAsync(new InvalidOperationException("broken"));
                    break;
                default:
                    await connection.ConnectionClosed.WaitAsync();
                    break;
            }
        }, async client =>
        {
            await client.ReadAsync(1);
            await client.SendAsync("y");
            try
            {
                await client.Transport.Input.ReadAsync();
            }
            catch (ConnectionResetException) when (last == "> RA")
            {
                // What the other side was to do.
            }
        }, idle: TimeSpan.FromSeconds(30));

        Assert.Equal(last, file.Story()[^1]);
        Assert.DoesNotContain("never flushed", file.Text(outbound: true), StringComparison.Ordinal);
        Assert.EndsWith(comment, Assert.Single(file.Frames[^1].Comments));
    });

    [Fact]
    public void Concurrent_connections_are_separate_streams() => Simulated.Run(Seed, async world =>
    {
        var folder = new MemoryFolder();
        await using (var capture = new WireCapture(Name, null, folder))
        {
            await using var server = await world.StartWith(listen => listen.UseWireCapture(capture).Run(ConnectionText.Echo));
            await Task.WhenAll(Enumerable.Range(100, 200).Select(async i =>
            {
                await using var client = await world.Connect();
                await client.SendAsync($"<{i}>");
                Assert.Equal($"<{i}>", await client.ReadAsync(5));
            }));
        }

        var streams = folder.Read(Name).Segments.GroupBy(each => each.Frame.IsOutbound ? each.To.Port : each.From.Port).ToList();
        Assert.Equal(200, streams.Count);
        Assert.All(streams, stream => Assert.Equal(("< S", "< A"), ($"{stream.First()}", $"{stream.Last()}")));
        Assert.Equal(
            Enumerable.Range(100, 200).Select(i => $"<{i}> and back <{i}>"),
            streams.Select(stream => $"{Text(stream, outbound: false)} and back {Text(stream, outbound: true)}").Order());
    });

    [Fact]
    public void Large_write_is_cut_into_segments_that_are_acknowledged_as_they_go() => Simulated.Run(Seed, async world =>
    {
        const int Length = 3_000_000;
        var file = await Record(world, async connection =>
        {
            await connection.Transport.Output.WriteAsync(new byte[Length]);
        }, async client => Assert.Equal(Length, (await client.ReadToEndAsync()).Length));

        Assert.Equal(Length, file.Text(outbound: true).Length);
        Assert.All(file.Frames, frame => Assert.InRange(frame.OriginalLength, 40, 65_535));
        Assert.InRange(file.Segments.Count(each => !each.Frame.IsOutbound && each.Bits == "A"), 9, 12);
    });

    [Fact]
    public void Beyond_the_bytes_of_a_connection_headers_are_kept() => Simulated.Run(Seed, async world =>
    {
        var file = await Record(world, ConnectionText.Echo, async client =>
        {
            await client.SendAsync("0123456789");
            await client.ReadAsync(10);
            await client.SendAsync("more");
            await client.ReadAsync(4);
        }, new() { MaxBytesPerConnection = 15 });

        Assert.Equal(
            ["< PA 0123456789", "> PA 01234", "< PA", "> PA", "< FA", "> A", "> FA", "< A"], file.Story()[3..]);
        Assert.Equal([10, 10, 4, 4], file.Segments.Select(each => each.Length).Where(length => length > 0));
        Assert.StartsWith("MaxBytesPerConnection is reached", Assert.Single(file.Frames[4].Comments));
    });

    [Fact]
    public void Client_that_disposes_first_ends_first() => Simulated.Run(Seed, async world =>
    {
        var folder = new MemoryFolder();
        await using var capture = new WireCapture(Name, null, folder);
        await using (await world.Start(ConnectionText.Echo))
        {
            var client = await world.NewClient(options => options.UseWireCapture(capture)).ConnectAsync("server", 7000);
            await client.SendAsync("hello");
            Assert.Equal("hello", await client.ReadAsync(5));
            await client.DisposeAsync();
        }

        await capture.DisposeAsync();
        var file = folder.Read(Name);
        Assert.Equal(["> S", "< SA", "> A", "> PA hello", "< PA hello", "> FA", "< A", "< FA", "> A"], file.Story());
        Assert.EndsWith("server:7000", Assert.Single(file.Interfaces).Name);
        Assert.Contains("connected to [fd00::1]:7000", Assert.Single(file.Frames[0].Comments));
    });

    [Fact]
    public void Single_connection_is_recorded_from_attaching_to_the_end_of_it() => Simulated.Run(Seed, async world =>
    {
        var folder = new MemoryFolder();
        await using (var capture = new WireCapture(Name, new() { TimeProvider = world.Time }, folder))
        {
            await using var server = await world.Start(async connection =>
            {
                var before = await connection.ReadAsync(3);
                using (capture.Attach(connection))
                    await connection.SendAsync(before + await connection.ReadAsync(3));
                await connection.SendAsync("not this");
            });
            await using var client = await world.Connect();
            await client.SendAsync("onetwo");
            Assert.Equal("onetwonot this", await client.ReadToEndAsync());
        }

        Assert.Equal(["< S", "> SA", "< A", "< PA two", "> PA onetwo"], folder.Read(Name).Story());
    });

    [Fact]
    public void Attached_connection_shows_its_end() => Simulated.Run(Seed, async world =>
    {
        var folder = new MemoryFolder();
        await using (var capture = new WireCapture(Name, new() { TimeProvider = world.Time }, folder))
        {
            await using var server = await world.Start(ConnectionText.Echo);
            await using var client = await world.Connect();
            _ = capture.Attach(client);
            await client.SendAsync("x");
            await client.ReadAsync(1);
            await client.DisposeAsync();
            await world.Until(() => capture.WrittenFrames == 9, "the end was written");
        }

        Assert.Equal(["> PA x", "< PA x", "> FA", "< A", "< FA", "> A"], folder.Read(Name).Story()[3..]);
    });

    [Fact]
    public void Connection_outlives_its_capture() => Simulated.Run(Seed, async world =>
    {
        var folder = new MemoryFolder();
        var capture = new WireCapture(Name, null, folder);
        await using var server = await world.StartWith(listen => listen.UseWireCapture(capture).Run(ConnectionText.Echo));
        await using var client = await world.Connect();
        await client.SendAsync("a");
        await client.ReadAsync(1);

        await capture.DisposeAsync();
        await capture.DisposeAsync();

        Assert.False(capture.IsRecording);
        await client.SendAsync("b");
        Assert.Equal("b", await client.ReadAsync(1));
        await using var later = await world.Connect();
        await later.SendAsync("c");
        Assert.Equal("c", await later.ReadAsync(1));
        Assert.Equal(["< PA a", "> PA a"], folder.Read(Name).Story()[3..]);
        Assert.Single(world.Log.WithId(1750));
        Assert.Single(world.Log.WithId(1754));
    });

    [Fact]
    public void Capture_that_recorded_nothing_is_a_whole_file() => Simulated.Run(Seed, async _ =>
    {
        var folder = new MemoryFolder();
        await using (new WireCapture(Name, null, folder))
            Assert.Single(folder.Read(Name).SectionComments);

        Assert.Empty(folder.Read(Name).Frames);
    });

    private static string Text(ReadOnlySequence<byte> bytes) => Encoding.ASCII.GetString(bytes);

    private static string Text(IEnumerable<Segment> segments, bool outbound) => Encoding.ASCII.GetString(
        [.. segments.Where(each => each.Frame.IsOutbound == outbound).SelectMany(each => each.Data)]);

    private static async Task<PcapngFile> Record(
        Simulated world, ConnectionDelegate handler, Func<ConnectionContext, Task> talk, WireCaptureOptions? options = null,
        TimeSpan? idle = null)
    {
        var folder = new MemoryFolder();
        await using (var capture = new WireCapture(Name, options, folder))
        {
            await using var server = await world.StartWith(listen =>
            {
                if (idle is { } timeout)
                    listen.UseIdleTimeout(timeout);
                listen.UseWireCapture(capture).Run(handler);
            });
            await using (var client = await world.Connect())
                await talk(client);
            await world.ConnectionEnded();
        }

        return folder.Read(Name);
    }
}
