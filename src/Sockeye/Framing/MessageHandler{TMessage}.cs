using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// The base of a handler class that reads and writes one type of message. It is a <see cref="ConnectionHandler"/>, so a server,
/// the generic host and Kestrel create it from services.
/// </summary>
/// <remarks>
/// One instance serves many connections at the same time, unless it was registered as a scoped handler of the host, which has one
/// instance for each connection.
/// </remarks>
/// <typeparam name="TMessage">The message that both sides send.</typeparam>
/// <param name="codec">Reads and writes the messages.</param>
public abstract class MessageHandler<TMessage>(Codec<TMessage> codec) : ConnectionHandler
{
    private readonly Codec<TMessage> _codec = codec ?? throw new ArgumentNullException(nameof(codec));

    /// <inheritdoc/>
    public sealed override Task OnConnectedAsync(ConnectionContext connection) =>
        connection.AsMessages(_codec).ServeAsync(HandleAsync);

    /// <summary>Serves one connection. When the task completes, the server sends the written messages and closes the connection
    /// (FIN). If it throws, the server resets the connection.</summary>
    /// <param name="messages">The messages of the connection.</param>
    protected abstract Task HandleAsync(MessageConnection<TMessage> messages);
}
