using System.Diagnostics;
using System.Net;

namespace Sockeye.Cli;

/// <summary>
/// The segments that calls of socket functions and states prove, where packets cannot be captured. Segments that carry only ACK
/// leave no such proof.
/// </summary>
/// <param name="now">Returns the time in seconds since the start of the page.</param>
/// <param name="onSegment">Called with each segment, in the order of their times.</param>
internal sealed class ProvedSegments(Func<double> now, Action<Segment> onSegment)
{
    /// <summary>The last connection of each client's port.</summary>
    private readonly Dictionary<int, ProvedConnection> _connections = [];

    private readonly Lock _lock = new();

    /// <summary>Adds the segments that a state proves.</summary>
    public void OnState(KernelSocket socket, IPEndPoint server)
    {
        if (socket.State != "SYN-SENT" || !socket.Remote.Equals(server))
            return;
        lock (_lock)
        {
            // A state that was read before connect() returned is old.
            GetLocked(socket.Local.Port, known => known is { IsConnected: true, IsClosed: true }).AddSyn("SYN-SENT");
        }
    }

    /// <summary>Adds the segments that a call proves.</summary>
    public void OnStep(string side, SocketStep step)
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
                    GetLocked(port, known => known.IsConnected).OnConnected();
                    break;
                case { Function: SocketFunction.Connect } when isClient:
                    _connections.Remove(port); // It failed, and the port may be used again.
                    break;
                case { Function: SocketFunction.Accept, Error: null } when !isClient:
                    GetLocked(port, known => known.IsAccepted).OnAccepted();
                    break;
                default:
                    _connections.GetValueOrDefault(port)?.OnStep(isClient, step);
                    break;
            }
        }
    }

    /// <summary>Returns the connection of a port: a new one, if the known one is of an earlier client.</summary>
    private ProvedConnection GetLocked(int port, Func<ProvedConnection, bool> isEarlier)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The lock is held.");
        if (!_connections.TryGetValue(port, out var connection) || isEarlier(connection))
        {
            connection = new((isFromClient, flags, length, proof) =>
                onSegment(new(0, now(), port, isFromClient, flags, length) { Proof = proof }));
            _connections[port] = connection;
        }

        return connection;
    }
}
