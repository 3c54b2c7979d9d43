namespace Sockeye;

/// <summary>Extensions that add a handler of messages to an endpoint.</summary>
public static class ListenOptionsMessageExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>
        /// Ends the pipeline with a handler that reads and writes one type of message. When its task completes, the server sends
        /// the written messages and closes the connection (FIN). If it throws, the server resets the connection.
        /// </summary>
        /// <remarks>
        /// A frame that breaks the codec's rules ends only its connection: reading throws, and <c>CloseReason</c> and the log
        /// have the reason.
        /// </remarks>
        /// <exception cref="InvalidOperationException">The endpoint already has a handler.</exception>
        public void Run<TMessage>(Codec<TMessage> codec, Func<MessageConnection<TMessage>, Task> handler)
        {
            ArgumentNullException.ThrowIfNull(codec);
            ArgumentNullException.ThrowIfNull(handler);
            listen.Run(connection => connection.AsMessages(codec).ServeAsync(handler));
        }

        /// <summary>Ends the pipeline with a handler that reads one type of message and writes another.</summary>
        /// <param name="inbound">Reads messages from the peer.</param>
        /// <param name="outbound">Writes messages to the peer.</param>
        /// <param name="handler">The handler.</param>
        /// <exception cref="InvalidOperationException">The endpoint already has a handler.</exception>
        public void Run<TIn, TOut>(
            IFrameDecoder<TIn> inbound, IFrameEncoder<TOut> outbound, Func<MessageConnection<TIn, TOut>, Task> handler)
        {
            ArgumentNullException.ThrowIfNull(inbound);
            ArgumentNullException.ThrowIfNull(outbound);
            ArgumentNullException.ThrowIfNull(handler);
            listen.Run(connection => connection.AsMessages(inbound, outbound).ServeAsync(handler));
        }
    }
}
