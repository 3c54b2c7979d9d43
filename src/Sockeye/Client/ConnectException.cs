using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// The exception that a client throws when it cannot connect: refused, no route, no such name, or not within
/// <see cref="SockeyeClientOptions.ConnectTimeout"/>. The message names each address that was tried, and its result.
/// </summary>
/// <remarks>A caller's own cancellation is an <see cref="OperationCanceledException"/> instead.</remarks>
public sealed class ConnectException : IOException, IExplainedException
{
    /// <summary>Creates an exception that no option of the client decided.</summary>
    /// <param name="message">A sentence that names the target and the result.</param>
    /// <param name="socketError">The cause. If several attempts failed, the error of the last one.</param>
    /// <param name="innerException">The exception that caused this one, or null.</param>
    public ConnectException(string message, SocketError socketError, Exception? innerException = null)
        : base(PrintableText.Escape(message), innerException)
    {
        (Explanation, SocketError) = (new(message), socketError);
    }

    internal ConnectException(Explanation explanation, SocketError socketError, Exception? innerException = null)
        : base($"{explanation}.", innerException)
    {
        (Explanation, SocketError) = (explanation, socketError);
    }

    /// <summary>Gets the message together with the option that decided the failure, for programs that name options
    /// differently.</summary>
    public Explanation Explanation { get; }

    /// <summary>
    /// Gets the cause: <see cref="SocketError.TimedOut"/> after the connect timeout, <see cref="SocketError.HostNotFound"/> if
    /// the name has no address, otherwise the error of the attempt that failed last.
    /// </summary>
    public SocketError SocketError { get; }
}
