using System.Diagnostics;
using System.Net;

namespace Sockeye.Cli;

/// <summary>
/// The segments that calls of socket functions and states prove, where packets cannot be captured. Segments that carry only ACK
/// leave no such proof.
/// </summary>
internal sealed class ProvedSegments(Action<Segment> onSegment)
{
    /// <summary>The clients whose SYN is known. A later connection may have the port again.</summary>
    private readonly HashSet<int> _connecting = [];

    /// <summary>The clients whose connection was reset: the other end reports it too, and sends no RST.</summary>
    private readonly HashSet<int> _reset = [];

    private readonly Lock _lock = new();

    /// <summary>Adds the segments that a state proves.</summary>
    public void OnState(KernelSocket socket, IPEndPoint server, double time)
    {
        if (socket.State != "SYN-SENT" || !socket.Remote.Equals(server))
            return;
        lock (_lock)
            AddSynLocked(socket.Local.Port, time, "SYN-SENT");
    }

    /// <summary>Adds the segments that a call proves.</summary>
    public void OnStep(string side, SocketStep step, double time)
    {
        var isClient = side == PageSide.Client;
        var endpoint = isClient ? step.LocalEndPoint : step.RemoteEndPoint;
        if (endpoint is not IPEndPoint { Port: > 0 and var port })
            return;
        lock (_lock)
        {
            switch (step)
            {
                case { Function: SocketFunction.Connect, Error: null } when isClient:
                    AddSynLocked(port, time, "connect() returned");
                    _connecting.Remove(port);
                    _reset.Remove(port);
                    onSegment(new(0, time, port, false, "SYN, ACK", 0) { Proof = "connect() returned" });
                    onSegment(new(0, time, port, true, "ACK", 0) { Proof = "connect() returned" });
                    break;
                case { Function: SocketFunction.Send, Error: null, Bytes: > 0 and var bytes }:
                    onSegment(new(0, time, port, isClient, "PSH, ACK", (int)Math.Min(bytes, int.MaxValue)) { Proof = "send()" });
                    break;
                case { Function: SocketFunction.Shutdown, Error: null }:
                    onSegment(new(0, time, port, isClient, "FIN, ACK", 0) { Proof = "shutdown()" });
                    break;
                case { Function: SocketFunction.Close, IsReset: true } when _reset.Add(port):
                    onSegment(new(0, time, port, isClient, "RST, ACK", 0) { Proof = "close() with SO_LINGER 0" });
                    break;
                case { Function: SocketFunction.Receive or SocketFunction.Send, IsReset: true } when _reset.Add(port):
                    onSegment(new(0, time, port, !isClient, "RST, ACK", 0) { Proof = "ECONNRESET" });
                    break;
            }
        }
    }

    private void AddSynLocked(int port, double time, string proof)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The lock is held.");
        if (_connecting.Add(port))
            onSegment(new(0, time, port, true, "SYN", 0) { Proof = proof });
    }
}
