using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Page;

/// <summary>The parsers of what the kernel gives.</summary>
public sealed class PageSourceTests
{
    private const int Port = 7000;
    private const byte Fin = 1, Syn = 2, Rst = 4, Push = 8, Ack = 16;

    [Fact]
    public void Socket_of_the_kernel_has_its_state_queues_and_timer()
    {
        var socket = DiagSockets.Convert(new()
        {
            Local = SocketName.From(new(IPAddress.Loopback, 50026)),
            Remote = SocketName.From(new(IPAddress.Loopback, Port)),
            State = TcpState.SynSent,
            Timer = SocketTimer.Retransmit,
            TimerExpires = 3179,
            Resent = 2,
            SendQueue = 1,
        });

        Assert.Equal((new IPEndPoint(IPAddress.Loopback, 50026), Port), (socket.Local, socket.Remote.Port));
        Assert.Equal(("SYN-SENT", "retransmit"), (socket.State, socket.Timer));
        Assert.Equal((3.18, 2, 1L, 0L), (socket.TimeLeft, socket.Retransmits, socket.SendQueue, socket.ReceiveQueue));
    }

    [Fact]
    public void Socket_without_a_timer_has_no_time()
    {
        var socket = DiagSockets.Convert(new() { State = TcpState.Established, TimerExpires = 7 });

        Assert.Equal("ESTABLISHED", socket.State);
        Assert.Null(socket.Timer);
        Assert.Null(socket.TimeLeft);
    }

    [Fact]
    public async Task Socket_of_another_address_with_the_same_port_is_not_of_the_endpoint()
    {
        Programs.SkipUnlessLinux("NETLINK_SOCK_DIAG");
        using var page = Listen(IPAddress.Loopback, 0);
        var endpoint = (IPEndPoint)page.LocalEndPoint!;
        using var other = Listen(IPAddress.Parse("127.0.0.2"), endpoint.Port);
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(other.LocalEndPoint!, TestContext.Current.CancellationToken);

        using var sockets = DiagSockets.TryCreate()!;

        Assert.Empty(sockets.Read(endpoint));
        Assert.Equal(2, sockets.Read((IPEndPoint)other.LocalEndPoint!).Count); // The client's is one of IPv6.

        static Socket Listen(IPAddress address, int port)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            return socket;
        }
    }

    [Fact]
    public void Numbers_count_from_the_syn_of_each_side()
    {
        var reader = new SegmentReader(new(IPAddress.Loopback, Port));
        var segments = new[]
        {
            Packet(50000, Port, uint.MaxValue, 0, Syn, 0),
            Packet(Port, 50000, 900, 0, Syn | Ack, 0),
            Packet(50000, Port, 0, 901, Ack, 0),
            Packet(50000, Port, 0, 901, Push | Ack, 5),
            Packet(50000, Port, 0, 901, Push | Ack, 5),
            Packet(Port, 50000, 901, 5, Fin | Ack, 0),
            Packet(50000, Port, 5, 902, Rst | Ack, 0),
        }.Select(packet => reader.Read(packet, 1.5)!).ToList();

        Assert.Equal(
            [
                "client SYN 0+0 ", "server SYN, ACK 0+0 1", "client ACK 1+0 1", "client PSH, ACK 1+5 1",
                "client PSH, ACK 1+5 1 again",
                "server FIN, ACK 1+0 6", "client RST, ACK 6+0 2",
            ],
            segments.Select(segment =>
                $"{(segment.IsFromClient ? "client" : "server")} {segment.Flags} {segment.Sequence}+{segment.Length} "
                    + $"{segment.Acknowledged}{(segment.IsRepeated ? " again" : "")}"));
        Assert.All(segments, segment => Assert.Equal((50000, 1.5), (segment.Port, segment.Time)));
        Assert.All(segments, segment => Assert.Null(segment.Proof));
    }

    [Fact]
    public void Connection_with_the_same_port_counts_from_its_own_syn()
    {
        var reader = new SegmentReader(new(IPAddress.Loopback, Port));
        Assert.False(reader.Read(Packet(50000, Port, 100, 0, Syn, 0), 0)!.IsRepeated);
        Assert.True(reader.Read(Packet(50000, Port, 100, 0, Syn, 0), 0)!.IsRepeated);
        var second = reader.Read(Packet(50000, Port, 70, 0, Syn, 0), 0)!;

        Assert.Equal((0u, false), (second.Sequence!.Value, second.IsRepeated));
    }

    [Fact]
    public void Packets_that_are_not_of_the_endpoint_or_cut_off_are_skipped()
    {
        var reader = new SegmentReader(new(IPAddress.Loopback, Port));
        Assert.Null(reader.Read(Packet(50000, 7001, 100, 0, Syn, 0), 0));
        byte[] other = [127, 0, 0, 2];
        var packet = Packet(50000, Port, 100, 0, Syn, 0);
        other.CopyTo(packet, 16);
        Assert.Null(reader.Read(packet, 0)); // A server with the same port.
        packet = Packet(Port, 50000, 100, 0, Syn, 0);
        other.CopyTo(packet, 12);
        Assert.Null(reader.Read(packet, 0)); // A client with the same port.
        packet = Packet(50000, Port, 100, 0, Syn, 0);
        for (var length = 0; length < packet.Length; length++)
            Assert.Null(reader.Read(packet.AsSpan(0, length), 0));
        packet[0] = 0x65;
        Assert.Null(reader.Read(packet, 0));
    }

    [Fact]
    public void Log_gives_what_follows_a_number_and_keeps_the_last()
    {
        var log = new NumberedLog<long>(capacity: 3);
        Assert.Equal((0, 0L), (log.After(0).Entries.Count, log.After(0).Last));
        for (var i = 0; i < 5; i++)
            log.Add(number => number);

        Assert.Equal([3L, 4, 5], log.After(0).Entries);
        Assert.Equal([5L], log.After(4).Entries);
        Assert.Empty(log.After(5).Entries);
        Assert.Equal([3L, 4, 5], log.After(99).Entries);
    }

    private static byte[] Packet(int source, int target, uint sequence, uint acknowledged, int flags, int length)
    {
        var packet = new byte[40];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)(packet.Length + length));
        packet[9] = 6;
        IPAddress.Loopback.TryWriteBytes(packet.AsSpan(12), out _);
        IPAddress.Loopback.TryWriteBytes(packet.AsSpan(16), out _);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), (ushort)source);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), (ushort)target);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(24), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(28), acknowledged);
        packet[32] = 0x50;
        packet[33] = (byte)flags;
        return packet;
    }
}
