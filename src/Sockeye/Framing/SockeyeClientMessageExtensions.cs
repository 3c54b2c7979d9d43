using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Extensions that connect a client and read and write messages.</summary>
public static class SockeyeClientMessageExtensions
{
    extension(SockeyeClient client)
    {
        /// <summary>Opens one message connection. The caller disposes it, which closes it gracefully.</summary>
        /// <inheritdoc cref="SockeyeClient.ConnectAsync(EndPoint, CancellationToken)"/>
        public async ValueTask<MessageConnection<TMessage>> ConnectAsync<TMessage>(
            EndPoint endpoint, Codec<TMessage> codec, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(codec);
            return (await client.ConnectAsync(endpoint, cancellationToken)).AsMessages(codec).Batched();
        }

        /// <summary>Opens one message connection. The caller disposes it, which closes it gracefully.</summary>
        /// <inheritdoc cref="SockeyeClient.ConnectAsync(string, int, CancellationToken)"/>
        public async ValueTask<MessageConnection<TMessage>> ConnectAsync<TMessage>(
            string host, int port, Codec<TMessage> codec, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(codec);
            return (await client.ConnectAsync(host, port, cancellationToken)).AsMessages(codec).Batched();
        }

        /// <summary>Opens one message connection to the first of several endpoints that accepts. The caller disposes it, which
        /// closes it gracefully.</summary>
        /// <inheritdoc cref="SockeyeClient.ConnectAsync(IEnumerable{EndPoint}, CancellationToken)"/>
        /// <typeparam name="TMessage">The message that both sides send.</typeparam>
        /// <param name="endpoints">The endpoints, in the order of preference. At least one.</param>
        /// <param name="codec">Reads and writes the messages.</param>
        /// <param name="cancellationToken">Cancels the connect, and leaves nothing open.</param>
        public async ValueTask<MessageConnection<TMessage>> ConnectAsync<TMessage>(
            IEnumerable<EndPoint> endpoints, Codec<TMessage> codec, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(codec);
            return (await client.ConnectAsync(endpoints, cancellationToken)).AsMessages(codec).Batched();
        }

        /// <summary>Opens one message connection to the first of several endpoints that accepts, with a type of message for each
        /// direction. The caller disposes it, which closes it gracefully.</summary>
        /// <typeparam name="TIn">The message that the server sends.</typeparam>
        /// <typeparam name="TOut">The message that the server receives.</typeparam>
        /// <param name="endpoints">The endpoints, in the order of preference. At least one.</param>
        /// <param name="inbound">Reads messages from the server.</param>
        /// <param name="outbound">Writes messages to the server.</param>
        /// <param name="cancellationToken">Cancels the connect, and leaves nothing open.</param>
        /// <inheritdoc cref="SockeyeClient.ConnectAsync(IEnumerable{EndPoint}, CancellationToken)"/>
        public async ValueTask<MessageConnection<TIn, TOut>> ConnectAsync<TIn, TOut>(
            IEnumerable<EndPoint> endpoints,
            IFrameDecoder<TIn> inbound,
            IFrameEncoder<TOut> outbound,
            CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(inbound);
            ArgumentNullException.ThrowIfNull(outbound);
            return (await client.ConnectAsync(endpoints, cancellationToken)).AsMessages(inbound, outbound).Batched();
        }

        /// <summary>Opens one message connection with a type of message for each direction. The caller disposes it, which closes
        /// it gracefully.</summary>
        /// <typeparam name="TIn">The message that the server sends.</typeparam>
        /// <typeparam name="TOut">The message that the server receives.</typeparam>
        /// <param name="endpoint">The endpoint to connect to.</param>
        /// <param name="inbound">Reads messages from the server.</param>
        /// <param name="outbound">Writes messages to the server.</param>
        /// <param name="cancellationToken">Cancels the connect, and leaves nothing open.</param>
        /// <inheritdoc cref="SockeyeClient.ConnectAsync(EndPoint, CancellationToken)"/>
        public async ValueTask<MessageConnection<TIn, TOut>> ConnectAsync<TIn, TOut>(
            EndPoint endpoint,
            IFrameDecoder<TIn> inbound,
            IFrameEncoder<TOut> outbound,
            CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(inbound);
            ArgumentNullException.ThrowIfNull(outbound);
            return (await client.ConnectAsync(endpoint, cancellationToken)).AsMessages(inbound, outbound).Batched();
        }

        /// <summary>Opens one message connection with a type of message for each direction. The caller disposes it, which closes
        /// it gracefully.</summary>
        /// <typeparam name="TIn">The message that the server sends.</typeparam>
        /// <typeparam name="TOut">The message that the server receives.</typeparam>
        /// <param name="host">A name, or an address ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0").</param>
        /// <param name="port">1 to 65535.</param>
        /// <param name="inbound">Reads messages from the server.</param>
        /// <param name="outbound">Writes messages to the server.</param>
        /// <param name="cancellationToken">Cancels the connect, and leaves nothing open.</param>
        /// <inheritdoc cref="SockeyeClient.ConnectAsync(string, int, CancellationToken)"/>
        public async ValueTask<MessageConnection<TIn, TOut>> ConnectAsync<TIn, TOut>(
            string host,
            int port,
            IFrameDecoder<TIn> inbound,
            IFrameEncoder<TOut> outbound,
            CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(inbound);
            ArgumentNullException.ThrowIfNull(outbound);
            return (await client.ConnectAsync(host, port, cancellationToken)).AsMessages(inbound, outbound).Batched();
        }

        /// <summary>
        /// Opens one message connection after another. When a connection is lost, reading ends without an exception and
        /// <c>CloseReason</c> has the reason; the next step of the enumeration reconnects. Writing to a lost connection throws.
        /// </summary>
        /// <inheritdoc cref="SockeyeClient.ReconnectAsync(EndPoint, CancellationToken)"/>
        public ReconnectSequence<MessageConnection<TMessage>> ReconnectAsync<TMessage>(
            EndPoint endpoint, Codec<TMessage> codec, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(codec);
            return client.ReconnectAsync(endpoint, cancellationToken).Select(connections =>
                ToMessagesAsync<TMessage, TMessage, MessageConnection<TMessage>>(
                    connections, connection => connection.AsMessages(codec)));
        }

        /// <summary>
        /// Opens one message connection after another. When a connection is lost, reading ends without an exception and
        /// <c>CloseReason</c> has the reason; the next step of the enumeration reconnects. Writing to a lost connection throws.
        /// </summary>
        /// <inheritdoc cref="SockeyeClient.ReconnectAsync(string, int, CancellationToken)"/>
        public ReconnectSequence<MessageConnection<TMessage>> ReconnectAsync<TMessage>(
            string host, int port, Codec<TMessage> codec, CancellationToken cancellationToken = default) =>
            client.ReconnectAsync(HostNames.ToEndPoint(host, port), codec, cancellationToken);

        /// <summary>
        /// Opens one message connection after another, each to the first of several endpoints that accepts. When a connection is
        /// lost, reading ends without an exception and <c>CloseReason</c> has the reason; the next step of the enumeration
        /// reconnects. Writing to a lost connection throws.
        /// </summary>
        /// <typeparam name="TMessage">The message that both sides send.</typeparam>
        /// <param name="endpoints">The endpoints, in the order of preference. At least one.</param>
        /// <param name="codec">Reads and writes the messages.</param>
        /// <param name="cancellationToken">Ends the loop at its next step. A connection that is in use stays open.</param>
        /// <inheritdoc cref="SockeyeClient.ReconnectAsync(IEnumerable{EndPoint}, CancellationToken)"/>
        public ReconnectSequence<MessageConnection<TMessage>> ReconnectAsync<TMessage>(
            IEnumerable<EndPoint> endpoints, Codec<TMessage> codec, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(codec);
            return client.ReconnectAsync(endpoints, cancellationToken).Select(connections =>
                ToMessagesAsync<TMessage, TMessage, MessageConnection<TMessage>>(
                    connections, connection => connection.AsMessages(codec)));
        }

        /// <summary>
        /// Opens one message connection after another, with a type of message for each direction. When a connection is lost,
        /// reading ends without an exception and <c>CloseReason</c> has the reason; the next step of the enumeration reconnects.
        /// Writing to a lost connection throws.
        /// </summary>
        /// <typeparam name="TIn">The message that the server sends.</typeparam>
        /// <typeparam name="TOut">The message that the server receives.</typeparam>
        /// <param name="endpoint">The endpoint to connect to.</param>
        /// <param name="inbound">Reads messages from the server.</param>
        /// <param name="outbound">Writes messages to the server.</param>
        /// <param name="cancellationToken">Ends the loop at its next step. A connection that is in use stays open.</param>
        /// <inheritdoc cref="SockeyeClient.ReconnectAsync(EndPoint, CancellationToken)"/>
        public ReconnectSequence<MessageConnection<TIn, TOut>> ReconnectAsync<TIn, TOut>(
            EndPoint endpoint,
            IFrameDecoder<TIn> inbound,
            IFrameEncoder<TOut> outbound,
            CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(inbound);
            ArgumentNullException.ThrowIfNull(outbound);
            return client.ReconnectAsync(endpoint, cancellationToken).Select(connections =>
                ToMessagesAsync<TIn, TOut, MessageConnection<TIn, TOut>>(
                    connections, connection => connection.AsMessages(inbound, outbound)));
        }

        /// <summary>
        /// Opens one message connection after another, with a type of message for each direction. When a connection is lost,
        /// reading ends without an exception and <c>CloseReason</c> has the reason; the next step of the enumeration reconnects.
        /// Writing to a lost connection throws.
        /// </summary>
        /// <typeparam name="TIn">The message that the server sends.</typeparam>
        /// <typeparam name="TOut">The message that the server receives.</typeparam>
        /// <param name="host">A name, or an address ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0"). Resolved each time.</param>
        /// <param name="port">1 to 65535.</param>
        /// <param name="inbound">Reads messages from the server.</param>
        /// <param name="outbound">Writes messages to the server.</param>
        /// <param name="cancellationToken">Ends the loop at its next step. A connection that is in use stays open.</param>
        /// <inheritdoc cref="SockeyeClient.ReconnectAsync(string, int, CancellationToken)"/>
        public ReconnectSequence<MessageConnection<TIn, TOut>> ReconnectAsync<TIn, TOut>(
            string host,
            int port,
            IFrameDecoder<TIn> inbound,
            IFrameEncoder<TOut> outbound,
            CancellationToken cancellationToken = default) =>
            client.ReconnectAsync(HostNames.ToEndPoint(host, port), inbound, outbound, cancellationToken);
    }

    private static async IAsyncEnumerable<TConnection> ToMessagesAsync<TIn, TOut, TConnection>(
        IAsyncEnumerable<ConnectionContext> connections,
        Func<ConnectionContext, TConnection> asMessages,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where TConnection : MessageConnection<TIn, TOut>
    {
        await foreach (var connection in connections.WithCancellation(cancellationToken))
        {
            var messages = asMessages(connection).Batched();
            messages.EndsOnConnectionLoss = true;
            await using (messages)
                yield return messages;
        }
    }
}
