using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// The exception that a client throws when it cannot connect: refused, no route, no such name, or not within
/// <see cref="SockeyeClientOptions.ConnectTimeout"/>. The message names each address that was tried, and its result.
/// </summary>
/// <remarks>A caller's own cancellation is an <see cref="OperationCanceledException"/> instead.</remarks>
/// <param name="message">A sentence that names the target and the result.</param>
/// <param name="socketError">The cause. If several attempts failed, the error of the last one.</param>
/// <param name="innerException">The exception that caused this one, or null.</param>
public sealed class ConnectException(string message, SocketError socketError, Exception? innerException = null)
    : IOException(PrintableText.Escape(message), innerException)
{
    /// <summary>
    /// Gets the cause: <see cref="SocketError.TimedOut"/> after the connect timeout, <see cref="SocketError.HostNotFound"/> if
    /// the name has no address, otherwise the error of the attempt that failed last.
    /// </summary>
    public SocketError SocketError => socketError;
}
