using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Extensions that read and write messages on a connection.</summary>
public static class ConnectionContextMessageExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>Creates a message connection with one type of message in both directions.</summary>
        /// <typeparam name="TMessage">The message that both sides send.</typeparam>
        /// <param name="codec">Reads and writes the messages.</param>
        /// <returns>The message connection. Disposing it disposes the connection, unless that has an owner: the server whose
        /// handler uses it, or a pool. Then disposing ends the message connection only, and the owner ends the
        /// connection.</returns>
        public MessageConnection<TMessage> AsMessages<TMessage>(Codec<TMessage> codec)
        {
            ArgumentNullException.ThrowIfNull(connection);
            ArgumentNullException.ThrowIfNull(codec);
            return new(connection, codec);
        }

        /// <summary>
        /// Creates a message connection with a type of message for each direction, as protocols with requests and responses need.
        /// </summary>
        /// <typeparam name="TIn">The message that the peer sends.</typeparam>
        /// <typeparam name="TOut">The message that the peer receives.</typeparam>
        /// <param name="inbound">Reads messages from the peer.</param>
        /// <param name="outbound">Writes messages to the peer.</param>
        /// <returns>The message connection. Disposing it disposes the connection, unless that has an owner: the server whose
        /// handler uses it, or a pool. Then disposing ends the message connection only, and the owner ends the
        /// connection.</returns>
        public MessageConnection<TIn, TOut> AsMessages<TIn, TOut>(
            IFrameDecoder<TIn> inbound, IFrameEncoder<TOut> outbound)
        {
            ArgumentNullException.ThrowIfNull(connection);
            ArgumentNullException.ThrowIfNull(inbound);
            ArgumentNullException.ThrowIfNull(outbound);
            return new(connection, inbound, outbound);
        }
    }
}
