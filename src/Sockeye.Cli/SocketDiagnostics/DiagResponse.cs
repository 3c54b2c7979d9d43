using System.Buffers.Binary;
using System.Net.NetworkInformation;

namespace Sockeye.Cli;

/// <summary>Reads the datagrams of a response: messages of <c>inet_diag_msg</c> with attributes (sock_diag(7)).</summary>
/// <remarks>
/// <code>
/// 0        4      6       8          12     16                                         88
/// | length | type | flags | sequence | port | family, state, ids, queues, user, inode  | attributes |
///                                             each attribute: length (2), type (2), value, padding to 4
/// </code>
/// </remarks>
internal static class DiagResponse
{
    private const int HeadLength = 16;
    private const int BodyLength = 72;
    private const int AttributeHead = 4;

    private const ushort Error = 2; // NLMSG_ERROR
    private const ushort Done = 3; // NLMSG_DONE

    private const ushort Info = 2; // INET_DIAG_INFO
    private const ushort Memory = 7; // INET_DIAG_SKMEMINFO
    private const int DropsOffset = 8 * sizeof(uint); // SK_MEMINFO_DROPS

    /// <summary>Adds the sockets of one datagram. Returns whether it is the last one.</summary>
    /// <param name="datagram">The datagram. Messages with another sequence are the rest of a response that failed: they are
    /// dropped.</param>
    /// <param name="sequence">The sequence of the request.</param>
    /// <param name="entries">The sockets so far.</param>
    /// <exception cref="SocketDiagnosticsException">The kernel refused the request.</exception>
    public static bool Read(ReadOnlySpan<byte> datagram, uint sequence, List<SocketEntry> entries)
    {
        while (datagram.Length >= HeadLength)
        {
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(datagram);
            if (length < HeadLength || length > datagram.Length)
                throw new SocketDiagnosticsException("the kernel's response is cut off");
            var body = datagram[HeadLength..length];
            if (BinaryPrimitives.ReadUInt32LittleEndian(datagram[8..]) == sequence
                && ReadMessage(BinaryPrimitives.ReadUInt16LittleEndian(datagram[4..]), body, entries))
                return true;
            datagram = datagram[Math.Min(Aligned(length), datagram.Length)..];
        }

        return false;
    }

    /// <summary>Reads one socket, with its attributes.</summary>
    public static SocketEntry ReadSocket(ReadOnlySpan<byte> body)
    {
        var isIPv4 = body[0] == DiagRequest.IPv4;
        var networkInterface = BinaryPrimitives.ReadUInt32LittleEndian(body[40..]);
        var entry = new SocketEntry
        {
            State = GetState(body[1]),
            Timer = body[2] <= (byte)SocketTimer.ZeroWindowProbe ? (SocketTimer)body[2] : SocketTimer.None,
            Resent = body[3],
            Local = SocketName.Read(body[8..24], isIPv4, BinaryPrimitives.ReadUInt16BigEndian(body[4..]), networkInterface),
            Remote = SocketName.Read(body[24..40], isIPv4, BinaryPrimitives.ReadUInt16BigEndian(body[6..]), networkInterface),
            Cookie = BinaryPrimitives.ReadUInt64LittleEndian(body[44..]),
            TimerExpires = BinaryPrimitives.ReadUInt32LittleEndian(body[52..]),
            ReceiveQueue = BinaryPrimitives.ReadUInt32LittleEndian(body[56..]),
            SendQueue = BinaryPrimitives.ReadUInt32LittleEndian(body[60..]),
            UserId = BinaryPrimitives.ReadUInt32LittleEndian(body[64..]),
            Inode = BinaryPrimitives.ReadUInt32LittleEndian(body[68..]),
        };
        for (var rest = body[BodyLength..]; rest.Length >= AttributeHead;)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            if (length < AttributeHead || length > rest.Length)
                break;
            var value = rest[AttributeHead..length];
            switch (BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]))
            {
                case Info when entry.State is not TcpState.Listen:
                    entry.Measures = SocketMeasures.Read(value);
                    break;
                case Memory when value.Length >= DropsOffset + sizeof(uint):
                    entry.Drops = BinaryPrimitives.ReadUInt32LittleEndian(value[DropsOffset..]);
                    break;
            }

            rest = rest[Math.Min(Aligned(length), rest.Length)..];
        }

        return entry;
    }

    /// <summary>Adds the socket of a message. Returns whether the message is the end.</summary>
    private static bool ReadMessage(ushort type, ReadOnlySpan<byte> body, List<SocketEntry> entries)
    {
        switch (type)
        {
            case Done:
                return true;
            case Error:
                var error = body.Length >= sizeof(int) ? -BinaryPrimitives.ReadInt32LittleEndian(body) : 0;
                throw SocketDiagnosticsException.FromError(error);
            case var _ when body.Length >= BodyLength:
                entries.Add(ReadSocket(body));
                break;
        }

        return false;
    }

    private static int Aligned(int length) => (length + 3) & ~3;

    /// <summary>Converts the numbers of <c>tcp_states.h</c>.</summary>
    private static TcpState GetState(byte state) => state switch
    {
        1 => TcpState.Established,
        2 => TcpState.SynSent,
        3 or 12 => TcpState.SynReceived,
        4 => TcpState.FinWait1,
        5 => TcpState.FinWait2,
        6 => TcpState.TimeWait,
        7 => TcpState.Closed,
        8 => TcpState.CloseWait,
        9 => TcpState.LastAck,
        10 => TcpState.Listen,
        11 => TcpState.Closing,
        _ => TcpState.Unknown,
    };
}
