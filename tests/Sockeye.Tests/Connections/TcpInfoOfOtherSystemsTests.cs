using System.Buffers.Binary;
using System.Net.NetworkInformation;

namespace Sockeye.Tests.Connections;

/// <summary>What is made of the structs of macOS and Windows, field by field as their headers lay them out.</summary>
public sealed class TcpInfoOfOtherSystemsTests
{
    private const byte MacEstablished = 4, WindowsEstablished = 4, Listen = 1, SynSent = 2;

    [Fact]
    public void MacOS_reports_in_milliseconds_and_bytes()
    {
        var info = MacTcpInfo.Parse(Mac(MacEstablished))!;

        Assert.Equal(TcpState.Established, info.State);
        Assert.Equal(TimeSpan.FromMilliseconds(23), info.RoundTripTime);
        Assert.Equal(TimeSpan.FromMilliseconds(7), info.RoundTripTimeVariance);
        Assert.Equal((1448, 14_480L), (info.MaxSegmentSize, info.CongestionWindowBytes));
        Assert.Equal((3L, 5_000_000_000L), (info.Retransmits, info.RetransmittedBytes));
        AssertNullBut(
            info, nameof(info.RoundTripTime), nameof(info.RoundTripTimeVariance), nameof(info.MaxSegmentSize),
            nameof(info.CongestionWindowBytes), nameof(info.Retransmits), nameof(info.RetransmittedBytes));
    }

    [Fact]
    public void MacOS_without_the_last_field_reports_the_others()
    {
        var info = MacTcpInfo.Parse(Mac(MacEstablished).AsSpan(..104))!;

        Assert.Null(info.Retransmits);
        Assert.Equal(5_000_000_000, info.RetransmittedBytes);
        Assert.Null(MacTcpInfo.Parse(Mac(MacEstablished).AsSpan(..103)));
    }

    [Fact]
    public void A_round_trip_that_macOS_measures_as_zero_is_null()
    {
        var info = MacTcpInfo.Parse(Mac(MacEstablished, roundTrip: 0))!;

        Assert.Null(info.RoundTripTime);
        Assert.Null(info.RoundTripTimeVariance);
        Assert.Equal(1448, info.MaxSegmentSize);
    }

    [Fact]
    public void Windows_reports_in_microseconds_and_bytes()
    {
        var info = WindowsTcpInfo.Parse(Windows(WindowsEstablished))!;

        Assert.Equal(TcpState.Established, info.State);
        Assert.Equal(TimeSpan.FromMicroseconds(23_456), info.RoundTripTime);
        Assert.Equal(TimeSpan.FromMicroseconds(12_345), info.MinRoundTripTime);
        Assert.Equal((1460, 14_600L), (info.MaxSegmentSize, info.CongestionWindowBytes));
        Assert.Equal((2920L, 4_000_000_000L), (info.UnacknowledgedBytes, info.RetransmittedBytes));
        AssertNullBut(
            info, nameof(info.RoundTripTime), nameof(info.MinRoundTripTime), nameof(info.MaxSegmentSize),
            nameof(info.CongestionWindowBytes), nameof(info.UnacknowledgedBytes), nameof(info.RetransmittedBytes));
        Assert.Null(WindowsTcpInfo.Parse(Windows(WindowsEstablished).AsSpan(..87)));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(uint.MaxValue)]
    public void A_round_trip_that_Windows_has_not_measured_is_null(uint time)
    {
        var info = WindowsTcpInfo.Parse(Windows(WindowsEstablished, time, time))!;

        Assert.Null(info.RoundTripTime);
        Assert.Null(info.MinRoundTripTime);
        Assert.Equal(1460, info.MaxSegmentSize);
    }

    [Fact]
    public void A_listener_reports_its_state_only()
    {
        foreach (var info in (TcpInfo[])[MacTcpInfo.Parse(Mac(Listen))!, WindowsTcpInfo.Parse(Windows(Listen))!])
        {
            Assert.Equal(TcpState.Listen, info.State);
            AssertNullBut(info);
        }
    }

    [Fact]
    public void Before_the_handshake_there_is_neither_a_window_nor_a_segment_size()
    {
        foreach (var info in (TcpInfo[])[MacTcpInfo.Parse(Mac(SynSent))!, WindowsTcpInfo.Parse(Windows(SynSent))!])
        {
            Assert.Equal(TcpState.SynSent, info.State);
            Assert.Null(info.MaxSegmentSize);
            Assert.Null(info.CongestionWindowBytes);
        }
    }

    [Fact]
    public void Each_system_numbers_the_states_its_own_way()
    {
        // TCPS_… of bsd/netinet/tcp_fsm.h, TCPSTATE_… of mstcpip.h.
        TcpState[] both = [TcpState.Closed, TcpState.Listen, TcpState.SynSent, TcpState.SynReceived, TcpState.Established];
        Assert.Equal(
            [
                .. both, TcpState.CloseWait, TcpState.FinWait1, TcpState.Closing, TcpState.LastAck, TcpState.FinWait2,
                TcpState.TimeWait, TcpState.Unknown,
            ],
            Enumerable.Range(0, 12).Select(number => MacTcpInfo.Parse(Mac((byte)number))!.State));
        Assert.Equal(
            [
                .. both, TcpState.FinWait1, TcpState.FinWait2, TcpState.CloseWait, TcpState.Closing, TcpState.LastAck,
                TcpState.TimeWait, TcpState.Unknown,
            ],
            Enumerable.Range(0, 12).Select(number => WindowsTcpInfo.Parse(Windows((byte)number))!.State));
    }

    private static void AssertNullBut(TcpInfo info, params string[] reported) => Assert.Equal(
        reported.Append(nameof(info.State)).Order(),
        typeof(TcpInfo).GetProperties().Where(p => p.GetValue(info) is not null).Select(p => p.Name).Order());

    /// <summary><c>struct tcp_connection_info</c> in the order of bsd/netinet/tcp.h.</summary>
    private static byte[] Mac(byte state, uint roundTrip = 23) => new CStruct(alignment: 8)
        .Add(state) // tcpi_state
        .Add((byte)6).Add((byte)7).Add((byte)0) // tcpi_snd_wscale, tcpi_rcv_wscale, __pad1
        .Add(7u).Add(1u).Add(230u) // tcpi_options, tcpi_flags, tcpi_rto
        .Add(1448u) // tcpi_maxseg
        .Add(65_535u) // tcpi_snd_ssthresh
        .Add(14_480u) // tcpi_snd_cwnd
        .Add(131_072u).Add(999u).Add(131_072u) // tcpi_snd_wnd, tcpi_snd_sbbytes, tcpi_rcv_wnd
        .Add(25u) // tcpi_rttcur
        .Add(roundTrip).Add(7u) // tcpi_srtt, tcpi_rttvar
        .Add(uint.MaxValue) // tcpi_tfo_… and __pad2: 32 bits
        .Add(101UL).Add(102UL) // tcpi_txpackets, tcpi_txbytes
        .Add(5_000_000_000UL) // tcpi_txretransmitbytes
        .Add(104UL).Add(105UL).Add(106UL) // tcpi_rxpackets, tcpi_rxbytes, tcpi_rxoutoforderbytes
        .Add(3UL) // tcpi_txretransmitpackets
        .ToArray();

    /// <summary><c>TCP_INFO_v0</c> in the order of mstcpip.h.</summary>
    private static byte[] Windows(byte state, uint roundTrip = 23_456, uint least = 12_345) => new CStruct(alignment: 8)
        .Add((uint)state) // State
        .Add(1460u) // Mss
        .Add(60_000UL) // ConnectionTimeMs
        .Add((byte)1) // TimestampsEnabled
        .Add(roundTrip).Add(least) // RttUs, MinRttUs
        .Add(2920u) // BytesInFlight
        .Add(14_600u) // Cwnd
        .Add(65_535u).Add(65_536u).Add(65_537u) // SndWnd, RcvWnd, RcvBuf
        .Add(201UL).Add(202UL).Add(203u) // BytesOut, BytesIn, BytesReordered
        .Add(4_000_000_000u) // BytesRetrans
        .Add(204u).Add(205u).Add(206u) // FastRetrans, DupAcksIn, TimeoutEpisodes
        .Add((byte)1) // SynRetrans
        .ToArray();

    /// <summary>Lays fields out as C does: each at a multiple of its size, the whole at one of its alignment.</summary>
    private sealed class CStruct(int alignment)
    {
        private readonly List<byte> _bytes = [];

        public CStruct Add(byte value) => Add([value]);

        public CStruct Add(uint value)
        {
            var field = new byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32LittleEndian(field, value);
            return Add(field);
        }

        public CStruct Add(ulong value)
        {
            var field = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(field, value);
            return Add(field);
        }

        public byte[] ToArray()
        {
            Pad(alignment);
            return [.. _bytes];
        }

        private CStruct Add(byte[] field)
        {
            Pad(field.Length);
            _bytes.AddRange(field);
            return this;
        }

        private void Pad(int size) => _bytes.AddRange(new byte[(size - _bytes.Count % size) % size]);
    }
}
