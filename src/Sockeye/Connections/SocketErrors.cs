using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>What a failed send or receive says about the connection.</summary>
internal static class SocketErrors
{
    public static CloseReason ToCloseReason(SocketException error) => error.SocketErrorCode switch
    {
        // Shutdown is EPIPE: the peer's reset was met by an earlier call. ConnectionAborted is Windows' word for the same.
        SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted or SocketError.NotConnected =>
            CloseReason.PeerReset(error),
        SocketError.TimedOut => ConnectionLost("the peer does not answer any more (keep-alive or retransmission timed out)", error),
        _ => ConnectionLost($"the network lost the connection ({SentenceText.TrimFullStop(error.Message)})", error),
    };

    /// <summary>What the handler's read throws: a reset is told from a connection that this process ended.</summary>
    public static Exception ToReadException(CloseReason reason) => reason.By switch
    {
        ClosedBy.Local => new ConnectionAbortedException($"The connection ended: {reason}.", reason.Exception!),
        _ => new ConnectionResetException($"The connection ended: {reason}.", reason.Exception!),
    };

    private static CloseReason ConnectionLost(string description, SocketException error) =>
        new(ClosedBy.Network, CloseCause.Timeout, CloseDirection.Both, description, error);
}
