namespace Sockeye;

/// <summary>Handlers that speak messages.</summary>
public static class ListenOptionsMessageExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>Ends the pipeline with a handler that speaks one type of message both ways. When its task ends, what it wrote
        /// is sent and the connection closed (FIN); when it throws, the connection is reset.</summary>
        /// <remarks>A frame that breaks the codec's rules ends its own connection only: reading throws, and the reason is in
        /// <c>CloseReason</c> and in the log.</remarks>
        /// <exception cref="InvalidOperationException">There is a handler already.</exception>
        public void Run<TMessage>(Codec<TMessage> codec, Func<MessageConnection<TMessage>, Task> handler)
        {
            ArgumentNullException.ThrowIfNull(codec);
            ArgumentNullException.ThrowIfNull(handler);
            listen.Run(connection =>
            {
                var messages = connection.AsMessages(codec);
                return ServeAsync(messages, () => handler(messages));
            });
        }

        /// <summary>Ends the pipeline with a handler that reads one type of message and writes another.</summary>
        /// <exception cref="InvalidOperationException">There is a handler already.</exception>
        public void Run<TIn, TOut>(Codec<TIn> inbound, Codec<TOut> outbound, Func<MessageConnection<TIn, TOut>, Task> handler)
        {
            ArgumentNullException.ThrowIfNull(inbound);
            ArgumentNullException.ThrowIfNull(outbound);
            ArgumentNullException.ThrowIfNull(handler);
            listen.Run(connection =>
            {
                var messages = connection.AsMessages(inbound, outbound);
                return ServeAsync(messages, () => handler(messages));
            });
        }
    }

    private static async Task ServeAsync<TIn, TOut>(MessageConnection<TIn, TOut> messages, Func<Task> handler)
    {
        try
        {
            await handler();
        }
        finally
        {
            await messages.ReleaseAsync();
        }
    }
}
