using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Transports;

/// <summary>Translates the errors of sockets into the reasons and exceptions that every transport reports.</summary>
public static class SocketErrors
{
    /// <summary>Returns the reason of a connection's end for the error of a send or a receive.</summary>
    public static CloseReason ToCloseReason(SocketException error) => error.SocketErrorCode switch
    {
        // Shutdown is EPIPE: an earlier call has reported the peer's reset. ConnectionAborted is the same on Windows.
        SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted or SocketError.NotConnected =>
            CloseReason.PeerReset(error),
        SocketError.TimedOut =>
            ConnectionLost("the peer no longer answers (keep-alive or retransmission timed out)", error),
        _ => ConnectionLost($"the network lost the connection ({SentenceText.TrimFullStop(error.Message)})", error),
    };

    /// <summary>Returns the exception that the handler's read throws for the reason of a connection's end:
    /// <see cref="ConnectionAbortedException"/> if this process ended it, otherwise
    /// <see cref="ConnectionResetException"/>.</summary>
    public static Exception ToReadException(CloseReason reason) => reason.By switch
    {
        ClosedBy.Local => new ConnectionAbortedException($"The connection ended: {reason}.", reason.Exception!),
        _ => new ConnectionResetException($"The connection ended: {reason}.", reason.Exception!),
    };

    private static CloseReason ConnectionLost(string description, SocketException error) =>
        new(ClosedBy.Network, CloseCause.Timeout, CloseDirection.Both, description, error);
}
