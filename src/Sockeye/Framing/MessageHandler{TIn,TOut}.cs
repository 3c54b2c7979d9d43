using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// The base of a handler class for a protocol that reads one type of message and writes another. It is a
/// <see cref="ConnectionHandler"/>, so a server, the generic host and Kestrel create it from services.
/// </summary>
/// <remarks>
/// One instance serves many connections at the same time, unless it was registered as a scoped handler of the host, which has one
/// instance for each connection.
/// </remarks>
/// <typeparam name="TIn">The message that the peer sends.</typeparam>
/// <typeparam name="TOut">The message that the peer receives.</typeparam>
/// <param name="inbound">Reads messages from the peer.</param>
/// <param name="outbound">Writes messages to the peer.</param>
public abstract class MessageHandler<TIn, TOut>(IFrameDecoder<TIn> inbound, IFrameEncoder<TOut> outbound) : ConnectionHandler
{
    private readonly IFrameDecoder<TIn> _inbound = inbound ?? throw new ArgumentNullException(nameof(inbound));
    private readonly IFrameEncoder<TOut> _outbound = outbound ?? throw new ArgumentNullException(nameof(outbound));

    /// <inheritdoc/>
    public sealed override Task OnConnectedAsync(ConnectionContext connection) =>
        connection.AsMessages(_inbound, _outbound).ServeAsync(HandleAsync);

    /// <summary>Serves one connection. When the task completes, the server sends the written messages and closes the connection
    /// (FIN). If it throws, the server resets the connection.</summary>
    /// <param name="messages">The messages of the connection.</param>
    protected abstract Task HandleAsync(MessageConnection<TIn, TOut> messages);
}
