using System.Net.NetworkInformation;

namespace Sockeye.Cli.Tests.SocketDiagnostics;

public sealed class DiagResponseTests
{
    [Fact]
    public void Listener_has_its_queue_and_its_drops()
    {
        var listener = Assert.Single(Read(RecordedDiag.Listener));

        Assert.Equal("127.0.0.1:51019", $"{listener.Local}");
        Assert.Equal("0.0.0.0:0", $"{listener.Remote}");
        Assert.Equal(TcpState.Listen, listener.State);
        Assert.Equal((0u, 16u, 0u), (listener.ReceiveQueue, listener.SendQueue, listener.Drops!.Value));
        Assert.Equal(9_843_269u, listener.Inode);
        Assert.False(listener.Measures.IsKnown);
    }

    [Fact]
    public void Connection_has_its_queues_and_the_measurements_of_the_kernel()
    {
        var connection = Assert.Single(Read(RecordedDiag.Accepted));

        Assert.Equal("127.0.0.1:51019", $"{connection.Local}");
        Assert.Equal("127.0.0.1:44074", $"{connection.Remote}");
        Assert.Equal(TcpState.Established, connection.State);
        Assert.Equal((400u, 0u), (connection.ReceiveQueue, connection.SendQueue));
        Assert.Equal((9_843_304u, 0x25a3eul, 0u), (connection.Inode, connection.Cookie, connection.UserId));
        Assert.Equal(SocketTimer.None, connection.Timer);
        var measures = connection.Measures;
        Assert.True(measures.IsKnown);
        Assert.Equal((8u, 4u, 8u), (measures.RoundTrip, measures.RoundTripVariance, measures.MinRoundTrip));
        Assert.Equal((32_768u, 65_535u, 10u), (measures.MaxSegmentSize, measures.PathMtu, measures.CongestionWindow));
        Assert.Equal((0ul, 500ul), (measures.BytesAcknowledged, measures.BytesReceived));
        Assert.Equal((376u, 376u, 0u), (measures.SinceSent, measures.SinceReceived, measures.Retransmits));
        Assert.Null(connection.Drops);
    }

    [Fact]
    public void Addresses_of_IPv6_are_read_in_their_order()
    {
        var connection = Assert.Single(Read(RecordedDiag.IPv6));

        Assert.Equal("[::1]:56292", $"{connection.Local}");
        Assert.Equal("[::1]:39857", $"{connection.Remote}");
        Assert.False(connection.Local.IsIPv4);
    }

    [Fact]
    public void Datagram_has_many_messages_and_the_last_one_ends_the_response()
    {
        List<SocketEntry> entries = [];

        Assert.False(DiagResponse.Read([.. RecordedDiag.Listener, .. RecordedDiag.Accepted], RecordedDiag.Sequence, entries));
        Assert.True(DiagResponse.Read([.. RecordedDiag.IPv6, .. RecordedDiag.Done], RecordedDiag.Sequence, entries));

        Assert.Equal(3, entries.Count);
    }

    [Fact]
    public void Rest_of_an_earlier_response_is_dropped()
    {
        List<SocketEntry> entries = [];

        Assert.False(DiagResponse.Read(
            [.. RecordedDiag.Accepted, .. RecordedDiag.Refusal, .. RecordedDiag.Done], RecordedDiag.Sequence + 1, entries));

        Assert.Empty(entries);
    }

    [Fact]
    public void Refusal_is_an_error_with_its_number()
    {
        var error = Assert.Throws<SocketDiagnosticsException>(() => Read(RecordedDiag.Refusal));

        Assert.Contains("22", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_length_of_a_datagram_reads_beyond_it()
    {
        byte[] whole = [.. RecordedDiag.Accepted, .. RecordedDiag.Listener];
        for (var length = 0; length < whole.Length; length++)
        {
            List<SocketEntry> entries = [];
            var error = Record.Exception(() => DiagResponse.Read(whole.AsSpan(0, length), RecordedDiag.Sequence, entries));

            Assert.True(error is null or SocketDiagnosticsException, $"{length}: {error}");
            Assert.Equal(length < RecordedDiag.Accepted.Length ? 0 : 1, entries.Count);
        }
    }

    [Fact]
    public void Any_byte_may_be_wrong_without_a_fault()
    {
        for (var position = 0; position < RecordedDiag.Accepted.Length; position++)
        {
            foreach (var value in (byte[])[0, 1, 0x7f, 0xff])
            {
                var changed = (byte[])RecordedDiag.Accepted.Clone();
                changed[position] = value;

                var error = Record.Exception(() => DiagResponse.Read(changed, RecordedDiag.Sequence, []));

                Assert.True(error is null or SocketDiagnosticsException, $"{position} = {value}: {error}");
            }
        }
    }

    [Fact]
    public void Measurements_of_an_old_kernel_lack_what_it_does_not_know()
    {
        var info = new byte[104];
        info[68] = 42;
        var measures = SocketMeasures.Read(info);

        Assert.True(measures.IsKnown);
        Assert.Equal((42u, 0u, 0ul), (measures.RoundTrip, measures.MinRoundTrip, measures.BytesReceived));
        Assert.False(SocketMeasures.Read(info.AsSpan(0, 60)).IsKnown);
    }

    private static List<SocketEntry> Read(byte[] datagram)
    {
        List<SocketEntry> entries = [];
        DiagResponse.Read(datagram, RecordedDiag.Sequence, entries);
        return entries;
    }
}
