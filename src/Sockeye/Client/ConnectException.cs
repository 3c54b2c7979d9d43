using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// No connection could be made: refused, no route, no such name, or not within
/// <see cref="SockeyeClientOptions.ConnectTimeout"/>. The message names every address that was tried, and what came of it.
/// </summary>
/// <remarks>A caller's own cancellation is an <see cref="OperationCanceledException"/> instead.</remarks>
/// <param name="message">A sentence that names what was dialled and what came of it.</param>
/// <param name="socketError">The cause: of the attempt that failed last, where there were several.</param>
/// <param name="innerException">The error behind it, where there is one.</param>
public sealed class ConnectException(string message, SocketError socketError, Exception? innerException = null)
    : IOException(PrintableText.Escape(message), innerException)
{
    /// <summary>
    /// The cause: <see cref="SocketError.TimedOut"/> when the connect timeout was over, <see cref="SocketError.HostNotFound"/>
    /// when the name has no address, otherwise the error of the attempt that failed last.
    /// </summary>
    public SocketError SocketError => socketError;
}
