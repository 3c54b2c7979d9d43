using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Sockets;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>What the kernel reports about connections, over every engine and over portable sockets.</summary>
public sealed class TcpInfoTests
{
    // More than the system's own buffers, small as they are made, can hold.
    private const int TooMuch = 4_000_000;

    private static readonly TransportSettings Small = new() { SmallSystemBuffers = true };
    private static readonly Pattern Pattern = new(seed: 1);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData<EachFixture>]
    public Task After_an_exchange_both_ends_know_their_way(string fixture) => RunAsync(fixture, new(), async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await client.SendAsync("there");
        await server.ShouldReceiveAsync("there");
        await server.SendAsync("and back");
        await client.ShouldReceiveAsync("and back");

        foreach (var end in (TestEnd[])[client, server])
        {
            await world.BecomesTrueAsync(() => InfoOf(end).UnacknowledgedSegments == 0);
            var info = InfoOf(end);
            Assert.True(info.RoundTripTime > TimeSpan.Zero);
            Assert.NotNull(info.RoundTripTimeVariance);
            Assert.True(info.MinRoundTripTime > TimeSpan.Zero);
            Assert.True(info.DeliveryRate > 0);
            Assert.True(info.CongestionWindowBytes >= info.MaxSegmentSize);
            Assert.Equal((0, 0), (info.UnsentBytes, info.UnacknowledgedBytes));
            Assert.Equal((0, 0, 0), (info.LostSegments, info.RetransmitsInFlight, info.Retransmits));
            Assert.InRange(info.SinceDataSent!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(30));
            Assert.InRange(info.SinceDataReceived!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        }
    });

    [Theory, ClassData<EachFixture>]
    public Task What_a_peer_does_not_read_waits_as_unsent(string fixture) => RunAsync(fixture, Small, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        client.Output.Write(Pattern.Take(TooMuch));
        var flush = client.FlushAsync(Cancelled);
        await world.BecomesTrueAsync(() => InfoOf(client).UnsentBytes > 0);

        await server.ReceiveAsync(Pattern, TooMuch);
        await world.Soon(flush);
        await world.BecomesTrueAsync(() => InfoOf(client) is { UnsentBytes: 0, UnacknowledgedBytes: 0 });
    });

    [Theory, ClassData<EachFixture>]
    public Task A_closed_connection_reports_nothing(string fixture) => RunAsync(fixture, new(), async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await client.DisposeAsync();
        await server.ReceiveFinAsync();
        await server.DisposeAsync();

        Assert.Null(client.Connection.GetTcpInfo());
        Assert.Null(server.Connection.GetTcpInfo());
    });

    [Theory, ClassData<EachFixture>]
    public Task The_figures_are_those_of_ss(string fixture) => RunAsync(fixture, new(), async world =>
    {
        Assert.SkipUnless(File.Exists("/usr/bin/ss") || File.Exists("/bin/ss"), "This machine has no ss(8).");
        var (client, server) = await world.ConnectAsync();
        await client.SendAsync("some bytes");
        await server.ShouldReceiveAsync("some bytes");
        await world.BecomesTrueAsync(() => InfoOf(client).UnacknowledgedSegments == 0);

        var reported = await AskSsAsync(client);
        var info = InfoOf(client); // No more I/O: the numbers do not change.

        Assert.Equal((int)reported("mss"), info.MaxSegmentSize);
        Assert.Equal((int)reported("cwnd"), info.CongestionWindowSegments);
        Assert.Equal(reported("rtt"), info.RoundTripTime!.Value.TotalMilliseconds, 0.0011);
        Assert.Equal(reported("rttvar"), info.RoundTripTimeVariance!.Value.TotalMilliseconds, 0.0011);
        Assert.Equal(reported("minrtt"), info.MinRoundTripTime!.Value.TotalMilliseconds, 0.0011);
        Assert.Equal(reported("delivery_rate"), info.DeliveryRate!.Value * 8d, reported("delivery_rate") * 0.01);
        Assert.Equal((long)reported("bytes_acked"), info.BytesAcknowledged);
    });

    private static TcpInfo InfoOf(TestEnd end) => end.Connection.GetTcpInfo()!;

    private static async Task<Func<string, double>> AskSsAsync(TestEnd end)
    {
        var (local, remote) = ((IPEndPoint)end.Connection.LocalEndPoint!, (IPEndPoint)end.Connection.RemoteEndPoint!);
        using var ss = Process.Start(
            new ProcessStartInfo("ss", ["-tinH", $"sport = :{local.Port} and dport = :{remote.Port}"])
            {
                RedirectStandardOutput = true,
            })!;
        var text = await ss.StandardOutput.ReadToEndAsync(Cancelled);
        await ss.WaitForExitAsync(Cancelled);
        return name =>
        {
            var pattern = name switch
            {
                "rttvar" => @" rtt:[\d.]+/([\d.]+)",
                "delivery_rate" => @" delivery_rate ([\d.]+[KMGT]?)bps",
                _ => $@" {name}:([\d.]+)",
            };
            var found = Regex.Match(text, pattern);
            Assert.True(found.Success, $"ss does not print {name}: {text}");
            return double.Parse(found.Groups[1].Value.TrimEnd('K', 'M', 'G', 'T'), CultureInfo.InvariantCulture)
                * found.Groups[1].Value[^1] switch { 'K' => 1e3, 'M' => 1e6, 'G' => 1e9, 'T' => 1e12, _ => 1 };
        };
    }

    private static Task RunAsync(string fixture, TransportSettings settings, Func<TransportWorld, Task> test)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux reports it.");
        TransportFixture chosen = fixture is EachFixture.Portable
            ? new SocketFixture(System.Net.Sockets.AddressFamily.InterNetwork)
            : new LinuxFixture(Enum.Parse<LinuxEngine>(fixture));
        Assert.SkipWhen(chosen.Unavailable is not null, chosen.Unavailable ?? "");
        return chosen.RunAsync(settings, test);
    }

    /// <summary>The engines, and portable sockets.</summary>
    private sealed class EachFixture : TheoryData<string>
    {
        public const string Portable = nameof(Portable);

        public EachFixture() => AddRange([Portable, .. EachEngine.All.Select(engine => engine.ToString())]);
    }
}
