using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Diagnostics;

public sealed class CaptureLimitTests
{
    private const int Seed = 61;
    private const string Name = "x.pcapng";
    private const int Block = 50_000;

    [Fact]
    public void Full_file_ends_the_capture_and_the_connection_goes_on() => Simulated.Run(Seed, async world =>
    {
        var (folder, capture) = await ExchangeOnce(world, blocks: 10, new() { MaxFileSize = 200_000 });

        Assert.Equal(Name, Assert.Single(folder.Names));
        Assert.InRange(folder.Bytes(Name).Length, 120_000, 200_000);
        Assert.False(capture.IsRecording);
        Assert.Null(capture.Error);
        Assert.Single(folder.Read(Name).AllStatistics);
        Assert.Single(world.Log.WithId(1753));
        Assert.Equal(0, capture.DroppedFrames);
    });

    [Fact]
    public void Series_keeps_the_newest_files_each_within_its_size() => Simulated.Run(Seed, async world =>
    {
        var (folder, capture) = await ExchangeOnce(world, blocks: 30, new() { MaxFileSize = 200_000, MaxFiles = 3 });

        Assert.Equal(3, folder.Names.Count());
        Assert.Equal(3, folder.Most);
        Assert.DoesNotContain("x-00001.pcapng", folder.Names);
        foreach (var name in folder.Names)
        {
            var file = folder.Read(name);
            Assert.InRange(folder.Bytes(name).Length, 1, 200_000);
            Assert.Contains("accepted from", Assert.Single(file.Frames.SelectMany(frame => frame.Comments), IsWho));
            Assert.Single(file.Interfaces);
            Assert.Equal(file.Frames.Count, Assert.Single(file.AllStatistics).Received);
            Assert.NotEmpty(file.Text(outbound: false) + file.Text(outbound: true));
        }

        Assert.InRange(capture.WrittenBytes, 60 * Block, 62 * Block);
        Assert.Single(world.Log.WithId(1754));
    });

    [Fact]
    public void Old_file_is_followed_by_the_next_one() => Simulated.Run(Seed, async world =>
    {
        var options = new WireCaptureOptions { MaxAge = TimeSpan.FromMinutes(1), MaxFiles = 10 };
        var (folder, _) = await ExchangeOnce(world, blocks: 6, options, pause: TimeSpan.FromSeconds(25));

        Assert.Equal(["x-00001.pcapng", "x-00002.pcapng", "x-00003.pcapng"], folder.Names);
        Assert.All(folder.Files, file => Assert.True(file.Frames[^1].Time - file.Frames[0].Time < 60_000_000_000));
        Assert.Equal(["< PA", "> PA"], folder.Files.ElementAt(1).Segments.Take(2).Select(each => $"{each}"[..4]));
    });

    [Fact]
    public void Names_that_are_taken_are_refused_unless_they_may_be_replaced() => Simulated.Run(Seed, async _ =>
    {
        var folder = new MemoryFolder();
        foreach (var name in (string[])["x.pcapng", "x-00007.pcapng", "x-old.pcapng", "xy-00001.pcapng"])
            folder.Create(Path.GetFullPath(name));

        var one = Assert.Throws<IOException>(() => new WireCapture(Name, null, folder));
        var series = Assert.Throws<IOException>(() => new WireCapture(Name, new() { MaxFiles = 2 }, folder));
        await using var capture = new WireCapture(Name, new() { MaxFiles = 2, Overwrite = true }, folder);

        Assert.Contains("set Overwrite", one.Message);
        Assert.Contains("x-00007.pcapng exists already", series.Message);
        Assert.Equal(["x-00001.pcapng", "x-old.pcapng", "x.pcapng", "xy-00001.pcapng"], folder.Names);
    });

    [Fact]
    public void Slow_stream_drops_frames_reports_how_many_and_delays_no_connection() => Simulated.Run(Seed, async world =>
    {
        var stream = new SlowStream(world.Time, TimeSpan.FromMinutes(1));
        var capture = new WireCapture(
            stream, new() { MaxQueuedBytes = 200_000, CloseTimeout = Timeout.InfiniteTimeSpan });
        var begun = world.Network.Elapsed;
        await Exchange(world, blocks: 20, capture);

        Assert.True(world.Network.Elapsed - begun < TimeSpan.FromSeconds(2), "the capture held up a connection");
        Assert.InRange(capture.DroppedFrames, 30, 1000);
        Assert.Single(world.Log.WithId(1751));
        await world.Pass(TimeSpan.FromMinutes(5)); // Now there is room again.
        await Exchange(world, blocks: 1, capture);
        await capture.DisposeAsync();

        var file = PcapngFile.Parse(stream.ToArray());
        var reporting = Assert.Single(file.Frames, frame => frame.Dropped > 0);
        Assert.Equal(capture.DroppedFrames, reporting.Dropped);
        Assert.Contains(
            $"{reporting.Dropped} frames of this endpoint were dropped before this one: the capture's queue was full",
            reporting.Comments);
        var statistics = Assert.Single(file.AllStatistics);
        Assert.Equal((file.Frames.Count + reporting.Dropped, reporting.Dropped), (statistics.Received, statistics.Dropped));
        Assert.Equal(capture.WrittenFrames, file.Frames.Count);
    });

    [Fact]
    public void Frames_dropped_at_the_end_are_in_the_statistics() => Simulated.Run(Seed, async world =>
    {
        var stream = new SlowStream(world.Time, TimeSpan.FromMinutes(1));
        var capture = new WireCapture(stream, new() { MaxQueuedBytes = 200_000, CloseTimeout = Timeout.InfiniteTimeSpan });
        await Exchange(world, blocks: 20, capture);
        await capture.DisposeAsync();

        var file = PcapngFile.Parse(stream.ToArray());
        Assert.Equal(capture.DroppedFrames, Assert.Single(file.AllStatistics).Dropped);
        Assert.True(stream.IsDisposed);
    });

    [Fact]
    public void Stream_that_takes_nothing_does_not_hold_up_the_end() => Simulated.Run(Seed, async world =>
    {
        var stuck = new SlowStream(world.Time, TimeSpan.FromDays(1));
        var capture = new WireCapture(stuck, new() { CloseTimeout = TimeSpan.FromSeconds(3) });
        await Exchange(world, blocks: 1, capture);
        var begun = world.Network.Elapsed;

        await capture.DisposeAsync();

        Assert.Equal(TimeSpan.FromSeconds(3), world.Network.Elapsed - begun);
        Assert.Single(world.Log.WithId(1755));
    });

    [Fact]
    public void Full_disk_ends_the_capture_with_whole_blocks_and_one_line() => Simulated.Run(Seed, async world =>
    {
        var folder = new MemoryFolder { Room = 300_000 };
        var capture = new WireCapture(Name, null, folder);
        await Exchange(world, blocks: 20, capture);
        await capture.DisposeAsync();

        Assert.Contains("No space left", Assert.IsType<IOException>(capture.Error).Message);
        Assert.Contains("No space left", Assert.Single(world.Log.WithId(1752)).Message);
        Assert.Empty(world.Log.WithId(1754));
        Assert.InRange(folder.Read(Name).WholeLength, 1, 300_000);
        Assert.Equal(0, capture.DroppedFrames);
    });

    [Fact]
    public void File_that_was_removed_ends_the_capture() => Simulated.Run(Seed, async world =>
    {
        var folder = new MemoryFolder();
        await using var capture = new WireCapture(Name, null, folder);
        await using var server = await Start(world, capture);
        await using var client = await world.Connect();
        await Talk(client, "a");
        folder.Delete(Path.GetFullPath(Name));
        await world.Pass(TimeSpan.FromSeconds(2));
        await Talk(client, "b");
        await world.Until(() => !capture.IsRecording, "the capture noticed");
        await Talk(client, "c");

        Assert.Contains("was removed", Assert.Single(world.Log.WithId(1752)).Message);
    });

    [Theory]
    [InlineData(131_071)]
    [InlineData(0)]
    public void Options_out_of_range_are_refused_by_name(int value)
    {
        var options = new WireCaptureOptions();
        var late = Assert.Throws<ArgumentOutOfRangeException>(() => options.MaxFileSize = value);
        Assert.StartsWith("MaxFileSize must be 131,072 bytes or more", late.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => options.MaxQueuedBytes = value);
        Assert.Throws<ArgumentOutOfRangeException>(() => options.MaxFiles = -value);
        Assert.Throws<ArgumentOutOfRangeException>(() => options.MaxAge = TimeSpan.FromSeconds(-value));
        Assert.Throws<ArgumentOutOfRangeException>(() => options.MaxBytesPerConnection = -1 - value);
        Assert.Throws<ArgumentOutOfRangeException>(() => options.CloseTimeout = TimeSpan.FromSeconds(-2 - value));
    }

    private static bool IsWho(string comment) => comment.Contains("accepted", StringComparison.Ordinal);

    private static Task<SockeyeServer> Start(Simulated world, WireCapture capture) =>
        world.StartWith(listen => listen.UseWireCapture(capture).Run(ConnectionText.Echo));

    private static async Task Talk(ConnectionContext client, string text)
    {
        await client.SendAsync(text);
        Assert.Equal(text, await client.ReadAsync(text.Length));
    }

    private static async Task Exchange(Simulated world, int blocks, WireCapture capture, TimeSpan pause = default)
    {
        await using var server = await Start(world, capture);
        await using var client = await world.Connect();
        for (var i = 0; i < blocks; i++)
        {
            await Talk(client, new string((char)('a' + (i % 26)), Block));
            if (pause > TimeSpan.Zero)
                await world.Pass(pause);
        }
    }

    private static async Task<(MemoryFolder, WireCapture)> ExchangeOnce(
        Simulated world, int blocks, WireCaptureOptions options, TimeSpan pause = default)
    {
        var folder = new MemoryFolder();
        var capture = new WireCapture(Name, options, folder);
        await Exchange(world, blocks, capture, pause);
        await capture.DisposeAsync();
        return (folder, capture);
    }
}
