namespace Sockeye;

/// <summary>What is on its way, what was lost, and when something last moved.</summary>
public sealed partial class TcpInfo
{
    /// <summary>Sent segments that the peer's system has not taken yet. Since Linux 2.6.</summary>
    public int? UnacknowledgedSegments { get; private set; }

    /// <summary>Sent bytes that the peer's system has not taken yet. On the side that dialled Linux counts the SYN as taken: one
    /// too few there. Since Linux 4.19; Windows.</summary>
    public long? UnacknowledgedBytes { get; private set; }

    /// <summary>Bytes that wait in this system since the peer's window, or the congestion window, has no room for them. Since
    /// Linux 4.6.</summary>
    public long? UnsentBytes { get; private set; }

    /// <summary>Sent segments that TCP takes for lost now. Since Linux 2.6.</summary>
    public int? LostSegments { get; private set; }

    /// <summary>Segments sent again that the peer's system has not taken yet. Since Linux 2.6.</summary>
    public int? RetransmitsInFlight { get; private set; }

    /// <summary>Segments sent again since the connection began. Since Linux 2.6; macOS.</summary>
    public long? Retransmits { get; private set; }

    /// <summary>Bytes sent again since the connection began. Since Linux 4.19; macOS; Windows, which begins anew after
    /// 4 GiB.</summary>
    public long? RetransmittedBytes { get; private set; }

    /// <summary>Time since data was sent last, in steps of 1 ms; since the handshake, where none was. Null before the handshake.
    /// Since Linux 2.6.</summary>
    public TimeSpan? SinceDataSent { get; private set; }

    /// <summary>Time since data came last, in steps of 1 ms; since the handshake, where none came. Null before the handshake.
    /// Since Linux 2.6.</summary>
    public TimeSpan? SinceDataReceived { get; private set; }

    /// <summary>Sent bytes that the peer's system has taken; null before Linux 4.1 and on other systems.</summary>
    internal long? BytesAcknowledged { get; private set; }

    private void ReadSending(TcpInfoBytes info)
    {
        UnacknowledgedSegments = (int?)info.Number(TcpInfoBytes.Unacknowledged);
        UnsentBytes = info.Number(TcpInfoBytes.NotSent);
        LostSegments = (int?)info.Number(TcpInfoBytes.Lost);
        RetransmitsInFlight = (int?)info.Number(TcpInfoBytes.RetransmitsInFlight);
        Retransmits = info.Number(TcpInfoBytes.Retransmits);
        RetransmittedBytes = info.Long(TcpInfoBytes.BytesRetransmitted);
        BytesAcknowledged = info.Long(TcpInfoBytes.BytesAcknowledged);
        // What was sent again was counted as sent both times. SYN and FIN are taken, but were not counted.
        UnacknowledgedBytes = UnacknowledgedSegments is 0 && RetransmittedBytes is not null ? 0
            : info.Long(TcpInfoBytes.BytesSent) - RetransmittedBytes - BytesAcknowledged is { } left ? Math.Max(0, left)
            : null;
        if (!HasShakenHands)
            return;
        SinceDataSent = Age(info.Number(TcpInfoBytes.LastDataSent));
        SinceDataReceived = Age(info.Number(TcpInfoBytes.LastDataReceived));
    }

    private static TimeSpan? Age(uint? milliseconds) =>
        milliseconds is { } age ? TimeSpan.FromMilliseconds(age) : null;
}
