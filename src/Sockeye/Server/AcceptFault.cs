using System.Net.Sockets;

namespace Sockeye;

/// <summary>The meaning of a failed <c>accept()</c>, accept(2).</summary>
internal enum AcceptFault
{
    /// <summary>The client left while it waited in the queue: the next one is due, at once.</summary>
    PeerGone,

    /// <summary>The process or the system has no descriptor or memory left: waiting helps.</summary>
    Exhausted,

    /// <summary>Anything else: waiting keeps the loop from spinning.</summary>
    Unknown,
}

internal static class AcceptFaults
{
    public static SocketError? GetSocketError(Exception error) =>
        (error as SocketException ?? error.InnerException as SocketException)?.SocketErrorCode;

    public static AcceptFault Classify(Exception error) => GetSocketError(error) switch
    {
        // ECONNABORTED, ECONNRESET, EPROTO, EINTR, EAGAIN and the network errors that Linux hands over from the new connection.
        // Winsock reports a reset as WSAENOTCONN as well (SocketListener).
        SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.NotConnected or SocketError.ProtocolType
            or SocketError.ProtocolNotSupported or SocketError.Interrupted or SocketError.WouldBlock or SocketError.TryAgain
            or SocketError.NetworkDown or SocketError.NetworkUnreachable or SocketError.HostDown
            or SocketError.HostUnreachable => AcceptFault.PeerGone,
        // EMFILE, ENFILE, ENOBUFS; ENOMEM has no separate SocketError.
        SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable => AcceptFault.Exhausted,
        _ => error is OutOfMemoryException ? AcceptFault.Exhausted : AcceptFault.Unknown,
    };
}
