using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Translates errors of send and receive for connections.</summary>
internal static class SocketErrors
{
    public static CloseReason ToCloseReason(SocketException error) => error.SocketErrorCode switch
    {
        // Shutdown is EPIPE: an earlier call has met the peer's reset. ConnectionAborted is the same on Windows.
        SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted or SocketError.NotConnected =>
            CloseReason.PeerReset(error),
        SocketError.TimedOut =>
            ConnectionLost("the peer no longer answers (keep-alive or retransmission timed out)", error),
        _ => ConnectionLost($"the network lost the connection ({SentenceText.TrimFullStop(error.Message)})", error),
    };

    /// <summary>What the handler's read throws: a reset differs from an end by this process.</summary>
    public static Exception ToReadException(CloseReason reason) => reason.By switch
    {
        ClosedBy.Local => new ConnectionAbortedException($"The connection ended: {reason}.", reason.Exception!),
        _ => new ConnectionResetException($"The connection ended: {reason}.", reason.Exception!),
    };

    private static CloseReason ConnectionLost(string description, SocketException error) =>
        new(ClosedBy.Network, CloseCause.Timeout, CloseDirection.Both, description, error);
}
