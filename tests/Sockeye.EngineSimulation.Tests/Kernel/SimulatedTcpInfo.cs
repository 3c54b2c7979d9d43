using Sockeye.Testing;

namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>Writes the fields of <c>struct tcp_info</c> (linux/tcp.h) that an engine decides by.</summary>
internal static class SimulatedTcpInfo
{
    private const int Unacknowledged = 24;
    private const int BytesAcknowledged = 120;

    private const byte Established = 1, FinWait1 = 4, FinWait2 = 5, Closed = 7, CloseWait = 8, LastAck = 9;

    public static void Write(TcpSocket tcp, Span<byte> info)
    {
        info.Clear();
        var progress = tcp.GetSystemProgress()!.Value;
        info[0] = tcp.IsClosed ? Closed
            : (tcp.IsFinRequested, tcp.HasReceivedFin) switch
            {
                (false, false) => Established,
                (false, true) => CloseWait,
                (true, true) => LastAck,
                (true, false) => progress.HasPending ? FinWait1 : FinWait2,
            };
        BitConverter.TryWriteBytes(info[Unacknowledged..], progress.HasPending ? 1 : 0);
        BitConverter.TryWriteBytes(info[BytesAcknowledged..], progress.Acknowledged);
    }
}
