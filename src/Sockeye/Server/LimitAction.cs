using System.Text;

namespace Sockeye;

/// <summary>The action for a client that exceeds a limit. Metrics count, and the log reports, these clients.</summary>
public sealed class LimitAction
{
    /// <summary>The maximum length of a message in bytes. The message must fit into the send buffer, because the client may not
    /// read.</summary>
    public const int MaxMessageLength = 1024;

    private LimitAction(ReadOnlyMemory<byte> message = default) => Message = message;

    /// <summary>Gets the action that accepts the client and resets it at once (RST): the client knows that it is refused, and
    /// costs nothing more.</summary>
    public static LimitAction Reset { get; } = new();

    /// <summary>
    /// Gets the action that does not accept the client before a permit is free. It waits in the accept queue; when the queue is
    /// full, the system ignores further clients (SYN). Limits by address do not support it, because they need the accepted
    /// client.
    /// </summary>
    public static LimitAction LeaveInBacklog { get; } = new();

    internal ReadOnlyMemory<byte> Message { get; }

    /// <summary>Creates an action that accepts the client, sends it a message, and closes the connection (FIN): for line
    /// protocols, as "421 too many connections\r\n".</summary>
    /// <remarks>
    /// The message is sent in clear text, also on an endpoint with TLS. A client that has not closed after 1 s is reset. Each
    /// limit sends to at most 1,024 clients at a time, and resets the others.
    /// </remarks>
    /// <param name="message">The message. Range: 1 to <see cref="MaxMessageLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The message is empty, or longer than <see cref="MaxMessageLength"/>.</exception>
    public static LimitAction SendAndClose(ReadOnlyMemory<byte> message) => message.Length is > 0 and <= MaxMessageLength
        ? new(message.ToArray())
        : throw new ArgumentException($"A message has 1 to {MaxMessageLength} bytes, not {message.Length}.", nameof(message));

    /// <inheritdoc cref="SendAndClose(ReadOnlyMemory{byte})"/>
    /// <param name="message">The message, which is sent as UTF-8. Range: 1 to <see cref="MaxMessageLength"/> bytes.</param>
    public static LimitAction SendAndClose(string message) => SendAndClose(Encoding.UTF8.GetBytes(message));

    /// <summary>Returns the name of the action, for the log of the server's start.</summary>
    public override string ToString() =>
        this == Reset ? nameof(Reset) : this == LeaveInBacklog ? nameof(LeaveInBacklog) : nameof(SendAndClose);
}
