using System.Text;

namespace Sockeye;

/// <summary>What happens to a client that exceeds a limit. Every such client is counted and logged.</summary>
public sealed class LimitAction
{
    /// <summary>The longest message, in bytes: it has to fit into the send buffer of a client that does not read.</summary>
    public const int MaxMessageLength = 1024;

    private LimitAction(ReadOnlyMemory<byte> message = default) => Message = message;

    /// <summary>Accepted and reset at once (RST): the client learns that it is refused, and the server keeps nothing of
    /// it.</summary>
    public static LimitAction Reset { get; } = new();

    /// <summary>
    /// Not accepted until there is a place: it waits in the system's accept queue, and when that is full, the system ignores its
    /// SYN. For limits that know the answer before they have seen the client, so not for those of an address.
    /// </summary>
    public static LimitAction LeaveInBacklog { get; } = new();

    internal ReadOnlyMemory<byte> Message { get; }

    /// <summary>Accepted, told these bytes, and closed (FIN): for line protocols, as "421 too many connections\r\n".</summary>
    /// <remarks>
    /// Sent as it is: before TLS, where there is TLS. A client that has not closed a second later is reset. At most 1,024 clients
    /// of a limit are being told at a time; one more is reset.
    /// </remarks>
    /// <exception cref="ArgumentException">Empty, or longer than <see cref="MaxMessageLength"/>.</exception>
    public static LimitAction SendAndClose(ReadOnlyMemory<byte> message) => message.Length is > 0 and <= MaxMessageLength
        ? new(message.ToArray())
        : throw new ArgumentException($"A message has 1 to {MaxMessageLength} bytes, not {message.Length}.", nameof(message));

    /// <inheritdoc cref="SendAndClose(ReadOnlyMemory{byte})"/>
    /// <param name="message">Sent as UTF-8.</param>
    public static LimitAction SendAndClose(string message) => SendAndClose(Encoding.UTF8.GetBytes(message));

    /// <summary>Its name, for the list of middleware that the start of the server logs.</summary>
    public override string ToString() =>
        this == Reset ? nameof(Reset) : this == LeaveInBacklog ? nameof(LeaveInBacklog) : nameof(SendAndClose);
}
