using System.Buffers.Binary;
using System.Net.NetworkInformation;

namespace Sockeye.Tests.Connections;

/// <summary>What is made of <c>struct tcp_info</c>, which grew with the kernels.</summary>
public sealed class TcpInfoTests
{
    private const byte Established = 1, SynSent = 2, Closed = 7, Listen = 10;

    [Fact]
    public void What_an_old_kernel_does_not_report_is_null()
    {
        var info = new LinuxTcpInfo(Filled(Established).AsSpan(..104)).ToTcpInfo()!; // Linux 2.6 to 3.14

        Assert.Equal(TimeSpan.FromMicroseconds(68), info.RoundTripTime);
        Assert.Equal(TimeSpan.FromMicroseconds(72), info.RoundTripTimeVariance);
        Assert.Equal((16, 80, 1280L), (info.MaxSegmentSize, info.CongestionWindowSegments, info.CongestionWindowBytes));
        Assert.Equal((24, 32, 36), (info.UnacknowledgedSegments, info.LostSegments, info.RetransmitsInFlight));
        Assert.Equal(100, info.Retransmits);
        Assert.Equal(TimeSpan.FromMilliseconds(44), info.SinceDataSent);
        Assert.Equal(TimeSpan.FromMilliseconds(52), info.SinceDataReceived);
        Assert.Null(info.MinRoundTripTime);
        Assert.Null(info.DeliveryRate);
        Assert.Null(info.UnsentBytes);
        Assert.Null(info.UnacknowledgedBytes);
        Assert.Null(info.RetransmittedBytes);
        Assert.Null(info.BytesAcknowledged);
    }

    [Fact]
    public void Everything_that_a_new_kernel_reports_is_available()
    {
        var bytes = Filled(Established);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(120), 5_000_000_000); // acknowledged
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(160), 7_000_000_000); // rate
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(200), 6_000_000_000); // sent, repeats among them
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(208), 300_000_000); // sent again
        var info = new LinuxTcpInfo(bytes).ToTcpInfo()!;

        Assert.Equal(TimeSpan.FromMicroseconds(148), info.MinRoundTripTime);
        Assert.Equal(7_000_000_000, info.DeliveryRate);
        Assert.Equal(144, info.UnsentBytes);
        Assert.Equal(300_000_000, info.RetransmittedBytes);
        Assert.Equal(700_000_000, info.UnacknowledgedBytes);
    }

    [Fact]
    public void Nothing_unacknowledged_is_no_byte_although_fin_was_counted_as_taken()
    {
        var bytes = Filled(Established);
        bytes.AsSpan(24, 4).Clear();
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(120), 12);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(200), 10);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(208), 0);

        Assert.Equal(0, new LinuxTcpInfo(bytes).ToTcpInfo()!.UnacknowledgedBytes);
    }

    [Theory]
    [InlineData(SynSent, TcpState.SynSent)]
    [InlineData(Closed, TcpState.Closed)] // one that was never connected
    public void What_was_not_measured_yet_is_null(byte state, TcpState expected)
    {
        var bytes = Filled(state);
        bytes.AsSpan(68, 4).Clear(); // rtt
        bytes.AsSpan(148, 4).Fill(0xFF); // min_rtt
        bytes.AsSpan(160, 8).Clear(); // delivery_rate
        var info = new LinuxTcpInfo(bytes).ToTcpInfo()!;

        Assert.Equal(expected, info.State);
        Assert.Null(info.RoundTripTime);
        Assert.Null(info.RoundTripTimeVariance);
        Assert.Null(info.MinRoundTripTime);
        Assert.Null(info.DeliveryRate);
        Assert.Null(info.CongestionWindowBytes);
        Assert.Null(info.SinceDataSent);
        Assert.Null(info.SinceDataReceived);
    }

    [Fact]
    public void Listener_has_a_queue_and_nothing_else()
    {
        var info = new LinuxTcpInfo(Filled(Listen)).ToTcpInfo()!;

        Assert.Equal((TcpState.Listen, 24, 28), (info.State, info.AcceptQueueDepth, info.AcceptQueueLimit));
        foreach (var property in typeof(TcpInfo).GetProperties())
        {
            if (property.Name is not (nameof(TcpInfo.State) or nameof(info.AcceptQueueDepth) or nameof(info.AcceptQueueLimit)))
                Assert.Null(property.GetValue(info));
        }
    }

    [Fact]
    public void A_kernel_that_reports_too_little_counts_as_silent() => 
        Assert.Null(new LinuxTcpInfo(Filled(Established).AsSpan(..68)).ToTcpInfo());

    /// <summary>Each value is the offset of its field.</summary>
    private static byte[] Filled(byte state)
    {
        var info = new byte[LinuxTcpInfo.Size];
        for (var offset = 8; offset < info.Length; offset += sizeof(uint))
            BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(offset), offset);
        info[0] = state;
        return info;
    }
}
