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
            return (await client.ConnectAsync(endpoint, cancellationToken)).AsMessages(codec);
        }

        /// <summary>Opens one message connection. The caller disposes it, which closes it gracefully.</summary>
        /// <inheritdoc cref="SockeyeClient.ConnectAsync(string, int, CancellationToken)"/>
        public async ValueTask<MessageConnection<TMessage>> ConnectAsync<TMessage>(
            string host, int port, Codec<TMessage> codec, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(codec);
            return (await client.ConnectAsync(host, port, cancellationToken)).AsMessages(codec);
        }

        /// <summary>
        /// Opens one message connection after another. When a connection is lost, reading ends without an exception and
        /// <c>CloseReason</c> has the reason; the next step of the enumeration reconnects. Writing to a lost connection throws.
        /// </summary>
        /// <inheritdoc cref="SockeyeClient.ReconnectAsync(EndPoint, CancellationToken)"/>
        public IAsyncEnumerable<MessageConnection<TMessage>> ReconnectAsync<TMessage>(
            EndPoint endpoint, Codec<TMessage> codec, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(codec);
            return ToMessagesAsync(client.ReconnectAsync(endpoint, cancellationToken), codec, cancellationToken);
        }

        /// <summary>
        /// Opens one message connection after another. When a connection is lost, reading ends without an exception and
        /// <c>CloseReason</c> has the reason; the next step of the enumeration reconnects. Writing to a lost connection throws.
        /// </summary>
        /// <inheritdoc cref="SockeyeClient.ReconnectAsync(string, int, CancellationToken)"/>
        public IAsyncEnumerable<MessageConnection<TMessage>> ReconnectAsync<TMessage>(
            string host, int port, Codec<TMessage> codec, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(codec);
            return ToMessagesAsync(client.ReconnectAsync(host, port, cancellationToken), codec, cancellationToken);
        }
    }

    private static async IAsyncEnumerable<MessageConnection<TMessage>> ToMessagesAsync<TMessage>(
        IAsyncEnumerable<ConnectionContext> connections, Codec<TMessage> codec,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var connection in connections.WithCancellation(cancellationToken))
        {
            var messages = connection.AsMessages(codec);
            messages.EndsOnConnectionLoss = true;
            await using (messages)
                yield return messages;
        }
    }
}
