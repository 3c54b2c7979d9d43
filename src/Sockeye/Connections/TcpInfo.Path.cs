using System.Net.NetworkInformation;

namespace Sockeye;

/// <summary>What TCP has learned of the way to the peer.</summary>
public sealed partial class TcpInfo
{
    /// <summary>The smoothed round-trip time, in steps of 1 µs (macOS: 1 ms, and null below that); right after the handshake, the
    /// time from SYN to SYN/ACK (or from SYN/ACK to ACK on the accepting side). Null until it is measured. Since Linux 2.6;
    /// macOS; Windows.</summary>
    public TimeSpan? RoundTripTime { get; private set; }

    /// <summary>How much the round-trip time varies: its mean deviation (RFC 6298, RTTVAR), in steps of 1 µs (macOS: 1 ms). Null
    /// until it is measured. Since Linux 2.6; macOS.</summary>
    public TimeSpan? RoundTripTimeVariance { get; private set; }

    /// <summary>The shortest round trip lately (Linux: <c>net.ipv4.tcp_min_rtt_wlen</c>, by default 5 minutes), in steps of 1 µs:
    /// the way without queues. Null until it is measured. Since Linux 4.6; Windows.</summary>
    public TimeSpan? MinRoundTripTime { get; private set; }

    /// <summary>The largest segment that this side sends, in bytes. Since Linux 2.6; macOS; Windows.</summary>
    public int? MaxSegmentSize { get; private set; }

    /// <summary>How much may be on its way at once, in segments. Since Linux 2.6.</summary>
    public int? CongestionWindowSegments { get; private set; }

    /// <summary>How much may be on its way at once, in bytes; on Linux the segments, if all have <see cref="MaxSegmentSize"/>.
    /// Since Linux 2.6; macOS; Windows.</summary>
    public long? CongestionWindowBytes { get; private set; }

    /// <summary>How fast the peer's system took bytes when that was measured last, in bytes a second. A handler that offered less
    /// than the way could carry makes it small. Null until it is measured. Since Linux 4.9.</summary>
    public long? DeliveryRate { get; private set; }

    private void ReadPath(TcpInfoBytes info)
    {
        // The kernel starts with a variance and a window of its own: before the first measurement they say nothing.
        if (info.Number(TcpInfoBytes.RoundTripTime) is > 0 and { } roundTrip)
        {
            RoundTripTime = TimeSpan.FromMicroseconds(roundTrip);
            if (info.Number(TcpInfoBytes.RoundTripTimeVariance) is { } variance)
                RoundTripTimeVariance = TimeSpan.FromMicroseconds(variance);
        }

        MinRoundTripTime = Measured(info.Number(TcpInfoBytes.MinRoundTripTime));
        if (info.Long(TcpInfoBytes.DeliveryRate) is > 0 and { } rate)
            DeliveryRate = rate;
        if (!HasShakenHands)
            return;
        MaxSegmentSize = (int?)info.Number(TcpInfoBytes.MaxSegmentSize);
        CongestionWindowSegments = (int?)info.Number(TcpInfoBytes.CongestionWindow);
        CongestionWindowBytes = (long?)CongestionWindowSegments * MaxSegmentSize;
    }

    /// <summary>Kernels keep zero, or the greatest number, where a least one is still to come.</summary>
    private static TimeSpan? Measured(uint? microseconds) =>
        microseconds is > 0 and < uint.MaxValue and { } time ? TimeSpan.FromMicroseconds(time) : null;

    /// <summary>A closed socket may never have been connected; one that was has measured.</summary>
    private bool HasShakenHands => State switch
    {
        TcpState.Unknown or TcpState.Listen or TcpState.SynSent or TcpState.SynReceived => false,
        TcpState.Closed => RoundTripTime is not null,
        _ => true,
    };
}
