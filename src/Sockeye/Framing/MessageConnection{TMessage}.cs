using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A connection with one type of message in both directions. <c>connection.AsMessages(codec)</c> creates one.</summary>
/// <typeparam name="TMessage">The message that both sides send.</typeparam>
public sealed class MessageConnection<TMessage> : MessageConnection<TMessage, TMessage>
{
    internal MessageConnection(ConnectionContext connection, Codec<TMessage> codec)
        : base(connection, codec, codec)
    {
    }
}
