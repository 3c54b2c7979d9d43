using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Turns a connection of bytes into one of messages.</summary>
public static class ConnectionContextMessageExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>Speaks one type of message both ways.</summary>
        /// <typeparam name="TMessage">What both sides send.</typeparam>
        /// <param name="codec">Reads and writes it.</param>
        /// <returns>The connection as messages. To dispose it is to dispose the connection, unless that has an owner: a server
        /// whose handler has it, or a pool. Then the messages are given up, and the owner ends the connection.</returns>
        public MessageConnection<TMessage> AsMessages<TMessage>(Codec<TMessage> codec)
        {
            ArgumentNullException.ThrowIfNull(connection);
            ArgumentNullException.ThrowIfNull(codec);
            return new(connection, codec);
        }

        /// <summary>Speaks one type of message each way, as protocols of requests and answers do.</summary>
        /// <typeparam name="TIn">What the peer sends.</typeparam>
        /// <typeparam name="TOut">What the peer gets.</typeparam>
        /// <param name="inbound">Reads what the peer sends.</param>
        /// <param name="outbound">Writes what the peer gets.</param>
        /// <returns>The connection as messages. To dispose it is to dispose the connection, unless that has an owner: a server
        /// whose handler has it, or a pool. Then the messages are given up, and the owner ends the connection.</returns>
        public MessageConnection<TIn, TOut> AsMessages<TIn, TOut>(Codec<TIn> inbound, Codec<TOut> outbound)
        {
            ArgumentNullException.ThrowIfNull(connection);
            ArgumentNullException.ThrowIfNull(inbound);
            ArgumentNullException.ThrowIfNull(outbound);
            return new(connection, inbound, outbound);
        }
    }
}
