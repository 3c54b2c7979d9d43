using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Testing;

/// <summary>The host of a simulated socket, and the network between hosts.</summary>
internal interface ITcpHost
{
    string Name { get; }

    SimulationLoop Loop { get; }

    int SendBufferSize { get; }

    int ReceiveBufferSize { get; }

    /// <summary>Adds an event to the trace.</summary>
    void Trace(string connection, string what);

    /// <summary>Sends a segment. <paramref name="onLost"/> is called if it does not arrive, when it is lost.</summary>
    void Send(Segment segment, Action? onLost);

    /// <summary>Finds the other end of a connection of this host.</summary>
    TcpSocket? FindPeer(IPEndPoint local, IPEndPoint remote);

    void Add(TcpSocket socket);

    void Remove(TcpSocket socket);

    void Remove(TcpListener listener);

    /// <summary>Called when both ends have finished: the port is free, and late segments of the connection are ignored.</summary>
    void Finish(TcpSocket socket);

    /// <summary>Creates the connection of a socket whose handshake is complete.</summary>
    ConnectionContext Open(TcpSocket socket);

    /// <summary>Delays a read as the read rate of the host demands.</summary>
    ValueTask DelayReadAsync(int bytes);
}
