using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sockeye.Cli;

/// <summary>Captures the packets of one endpoint, packet(7): a copy of each packet that the kernel delivers.</summary>
/// <remarks>
/// The filter runs in the kernel, so that other traffic costs nothing:
/// <code>
/// 0   ldb [9]             protocol
/// 1   jeq #6, 2, 12       TCP
/// 2   ldxb 4*([0]&amp;0xf)    length of the IP header
/// 3   ld [12]             source address
/// 4   jeq #ADDRESS, 5, 7
/// 5   ldh [x+0]           source port
/// 6   jeq #PORT, 11, 7
/// 7   ld [16]             destination address
/// 8   jeq #ADDRESS, 9, 12
/// 9   ldh [x+2]           destination port
/// 10  jeq #PORT, 11, 12
/// 11  ret #MAX
/// 12  ret #0
/// </code>
/// </remarks>
internal sealed class PacketCapture : IDisposable
{
    private const ushort Ipv4 = 0x0800; // ETH_P_IP
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int AttachFilter = 26; // SO_ATTACH_FILTER
    private const int MaxPacket = 64 * 1024;

    private readonly Socket _socket;
    private readonly CancellationTokenSource _end = new();

    private PacketCapture(Socket socket) => _socket = socket;

    /// <summary>Starts a capture. Returns null, and the reason, if that is not possible here.</summary>
    /// <param name="server">The endpoint of the server: IPv4.</param>
    /// <param name="getTime">Returns the time of a segment.</param>
    /// <param name="onSegment">Called for each segment, in the order of the kernel. Its number is not set.</param>
    /// <param name="refusal">The reason.</param>
    public static PacketCapture? Start(
        IPEndPoint server, Func<double> getTime, Action<Segment> onSegment, out string refusal)
    {
        refusal = "";
        if (!OperatingSystem.IsLinux())
        {
            refusal = "packets can be captured on Linux only";
            return null;
        }

        Socket? socket = null;
        try
        {
            // A socket for one protocol gets only arriving packets; on the loopback interface, each sent packet arrives.
            socket = new(AddressFamily.Packet, SocketType.Dgram, (ProtocolType)Swap(Ipv4)) { ReceiveBufferSize = 4 << 20 };
            Attach(socket, CreateFilter(server));
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            refusal = e.SocketErrorCode is SocketError.AccessDenied
                ? "this process may not capture packets, which needs root or CAP_NET_RAW"
                : $"packets cannot be captured here: {e.Message}";
            return null;
        }

        var capture = new PacketCapture(socket);
        _ = capture.RunAsync(new SegmentReader(server), getTime, onSegment);
        return capture;
    }

    public void Dispose()
    {
        _end.Cancel();
        _socket.Dispose();
        _end.Dispose();
    }

    /// <summary>Creates the program of the filter: an operation, two jumps and a number for each step.</summary>
    private static (ushort Code, byte IfTrue, byte IfFalse, uint Number)[] CreateFilter(IPEndPoint server)
    {
        var (address, port) = (BinaryPrimitives.ReadUInt32BigEndian(server.Address.GetAddressBytes()), (uint)server.Port);
        return
        [
            (0x30, 0, 0, 9),
            (0x15, 0, 10, 6),
            (0xB1, 0, 0, 0),
            (0x20, 0, 0, 12),
            (0x15, 0, 2, address),
            (0x48, 0, 0, 0),
            (0x15, 4, 0, port),
            (0x20, 0, 0, 16),
            (0x15, 0, 3, address),
            (0x48, 0, 0, 2),
            (0x15, 0, 1, port),
            (0x06, 0, 0, MaxPacket),
            (0x06, 0, 0, 0),
        ];
    }

    /// <summary>Gives the program to the kernel, as <c>struct sock_fprog</c>: its length, and the address of its steps.</summary>
    private static void Attach(Socket socket, (ushort Code, byte IfTrue, byte IfFalse, uint Number)[] program)
    {
        var steps = new byte[program.Length * 8];
        for (var i = 0; i < program.Length; i++)
        {
            var step = steps.AsSpan(i * 8, 8);
            MemoryMarshal.Write(step, program[i].Code);
            (step[2], step[3]) = (program[i].IfTrue, program[i].IfFalse);
            MemoryMarshal.Write(step[4..], program[i].Number);
        }

        var memory = Marshal.AllocHGlobal(steps.Length);
        try
        {
            Marshal.Copy(steps, 0, memory, steps.Length);
            var header = new byte[2 * IntPtr.Size];
            MemoryMarshal.Write(header, (ushort)program.Length);
            MemoryMarshal.Write(header.AsSpan(IntPtr.Size), memory);
            socket.SetRawSocketOption(SocketLevel, AttachFilter, header);
        }
        finally
        {
            Marshal.FreeHGlobal(memory);
        }
    }

    private static int Swap(ushort number) => BitConverter.IsLittleEndian ? (ushort)((number << 8) | (number >> 8)) : number;

    private async Task RunAsync(SegmentReader reader, Func<double> getTime, Action<Segment> onSegment)
    {
        var buffer = new byte[MaxPacket];
        try
        {
            while (true)
            {
                var length = await _socket.ReceiveAsync(buffer, _end.Token);
                if (reader.Read(buffer.AsSpan(0, length), getTime()) is { } segment)
                    onSegment(segment);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The page ends, or the interface is gone; its states stay.
        }
    }
}
