using System.Net;
using System.Net.Sockets;
using CsCheck;

namespace Sockeye.Tests.Diagnostics;

public sealed class PcapngBlockTests
{
    private static readonly CaptureInterface Interface = new("127.0.0.1:7000", "accepted");

    [Fact]
    public void Blocks_are_read_back_as_they_were_written()
    {
        var writer = new PcapngWriter();
        writer.Section("a section");
        writer.Interface("127.0.0.1:7000", "Größe: 1 µm");
        "abcde"u8.CopyTo(writer.BeginFrame(0, 1_234_567_890_123_456_789, 5, 9));
        writer.EndFrame(isOutbound: true, 7, "one", null, "two");
        writer.Statistics(0, 1, 2, 30, 7);

        var file = Parse(writer);

        Assert.Equal("a section", Assert.Single(file.SectionComments));
        Assert.Equal(new("127.0.0.1:7000", "Größe: 1 µm"), Assert.Single(file.Interfaces));
        var frame = Assert.Single(file.Frames);
        Assert.Equal(
            (1_234_567_890_123_456_789, 9, true, 7), (frame.Time, frame.OriginalLength, frame.IsOutbound, frame.Dropped));
        Assert.Equal("abcde"u8, frame.Bytes);
        Assert.Equal(["one", "two"], frame.Comments);
        Assert.Equal(new(0, 30, 7), Assert.Single(file.AllStatistics));
    }

    [Fact]
    public void Text_that_is_too_long_is_cut_between_characters()
    {
        var writer = new PcapngWriter();
        writer.Section("x" + new string('ö', 5000));

        var comment = Assert.Single(Parse(writer).SectionComments);

        Assert.Equal("x" + new string('ö', (PcapngWriter.MaxTextBytes - 1) / 2), comment);
    }

    [Fact]
    public void Any_segment_has_right_lengths_and_checksums() => Gen.Select(
        Gen.Byte.Array[0, 3000], Gen.UInt, Gen.UInt, Gen.Bool, Gen.Bool, Gen.UShort).Sample(
        (data, sequence, acknowledged, isV6, isOutbound, port) =>
        {
            var local = new IPEndPoint(isV6 ? IPAddress.Parse("2001:db8::ff:1") : IPAddress.Parse("203.0.113.255"), port);
            var remote = new IPEndPoint(isV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, 50_000);
            var connection = new CapturedConnection(Interface, CaptureAddresses.Create(local, remote, true, 1), "");
            var frame = new CapturedFrame(connection, isOutbound, TcpBits.Psh | TcpBits.Ack, sequence, acknowledged, 5)
            {
                Length = data.Length,
                Pooled = data,
                KeptLength = data.Length,
            };

            var segment = Assert.Single(Parse(Written(frame)).Segments);

            Assert.Equal(isOutbound ? (local, remote) : (remote, local), (segment.From, segment.To));
            Assert.Equal((sequence, acknowledged, "PA"), (segment.Sequence, segment.Acknowledged, segment.Bits));
            Assert.Equal(data, segment.Data);
        });

    [Fact]
    public void Largest_segment_fits_into_an_IP_datagram()
    {
        var connection = new CapturedConnection(Interface, CaptureAddresses.Create(
            new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 2), true, 1), "");
        var data = new byte[TcpSegment.MaxData];
        var frame = new CapturedFrame(connection, true, TcpBits.Ack, 0, 0, 5)
        {
            Length = data.Length,
            Pooled = data,
            KeptLength = data.Length,
        };

        Assert.Equal(65_535, Assert.Single(Parse(Written(frame)).Frames).OriginalLength);
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2")]
    [InlineData("::1", "fe80::1", "::1", "fe80::1")]
    [InlineData("::ffff:10.0.0.1", "::ffff:10.0.0.2", "10.0.0.1", "10.0.0.2")]
    [InlineData("::1", "10.0.0.2", "::1", "::ffff:10.0.0.2")]
    public void Addresses_of_both_ends_have_one_family(string local, string remote, string shownLocal, string shownRemote)
    {
        var addresses = CaptureAddresses.Create(
            new IPEndPoint(IPAddress.Parse(local), 1), new IPEndPoint(IPAddress.Parse(remote), 65_535), false, 1);

        Assert.Equal((IPAddress.Parse(shownLocal), 1), (new(addresses.Local), addresses.LocalPort));
        Assert.Equal((IPAddress.Parse(shownRemote), 65_535), (new(addresses.Remote), addresses.RemotePort));
        Assert.Null(addresses.SubstituteNote);
    }

    [Fact]
    public void Unix_sockets_stand_as_loopback_addresses_that_are_kept_apart()
    {
        var path = new UnixDomainSocketEndPoint("/run/a.sock");
        var all = Enumerable.Range(1, 200_000)
            .Select(number => CaptureAddresses.Create(path, null, isServer: true, number)).ToList();

        Assert.Equal(all.Count, all.Select(one => (new IPAddress(one.Remote), one.RemotePort)).Distinct().Count());
        Assert.All(all, one => Assert.Equal((127, 127, 1), (one.Local[0], one.Remote[0], one.LocalPort)));
        Assert.Equal(
            "127.0.0.1:1 stands for the Unix socket /run/a.sock, 127.0.0.2:10001 for an unknown endpoint", all[0].SubstituteNote);
    }

    private static PcapngWriter Written(CapturedFrame frame)
    {
        var writer = new PcapngWriter();
        writer.Section("s");
        writer.Interface("i", "d");
        var length = TcpSegment.GetHeaderLength(frame.Connection.Addresses, frame.Bits) + frame.Length;
        TcpSegment.Write(writer.BeginFrame(0, frame.Time, length, length), frame.Connection.Addresses, frame);
        writer.EndFrame(frame.IsOutbound, 0);
        return writer;
    }

    private static PcapngFile Parse(PcapngWriter writer) => PcapngFile.Parse(writer.Written.ToArray());
}
