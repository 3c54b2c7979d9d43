using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A connection that speaks messages of one type both ways. <c>connection.AsMessages(codec)</c> makes one.</summary>
/// <typeparam name="TMessage">What both sides send.</typeparam>
public sealed class MessageConnection<TMessage> : MessageConnection<TMessage, TMessage>
{
    internal MessageConnection(ConnectionContext connection, Codec<TMessage> codec)
        : base(connection, codec, codec)
    {
    }
}
