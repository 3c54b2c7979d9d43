namespace Sockeye;

/// <summary>Extensions that add a handler that returns a response for each request.</summary>
public static class ListenOptionsRequestExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>Ends the pipeline with a function that returns the response to a request.</summary>
        /// <remarks>Requests of one connection are processed one after another. An exception of the function ends its
        /// connection, and no other.</remarks>
        /// <typeparam name="TMessage">The message that both sides send.</typeparam>
        /// <param name="codec">Reads and writes the messages.</param>
        /// <param name="respond">Returns the response to a request. Called concurrently for different connections.</param>
        /// <exception cref="InvalidOperationException">The endpoint already has a handler.</exception>
        public void Run<TMessage>(Codec<TMessage> codec, Func<TMessage, TMessage> respond)
        {
            ArgumentNullException.ThrowIfNull(respond);
            listen.Run(codec, (request, _) => ValueTask.FromResult(respond(request)));
        }

        /// <summary>Ends the pipeline with an asynchronous function that returns the response to a request.</summary>
        /// <typeparam name="TMessage">The message that both sides send.</typeparam>
        /// <param name="codec">Reads and writes the messages.</param>
        /// <param name="respond">Returns the response to a request. Its token fires when the connection is closed, or when the
        /// response to another request of the connection failed.</param>
        /// <param name="onError">Returns the response to a request for which <paramref name="respond"/> threw. Default: null, the
        /// exception ends the connection, and no other.</param>
        /// <param name="options">The number of requests at a time for each connection, and the order of the responses. Default:
        /// one at a time.</param>
        /// <exception cref="InvalidOperationException">The endpoint already has a handler.</exception>
        public void Run<TMessage>(
            Codec<TMessage> codec, Func<TMessage, CancellationToken, ValueTask<TMessage>> respond,
            Func<TMessage, Exception, TMessage>? onError = null, RespondOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(codec);
            ArgumentNullException.ThrowIfNull(respond);
            var taken = (options ?? new()).TakeCopy();
            listen.Run(codec, peer => peer.RespondAllAsync(respond, onError, taken));
        }

        /// <summary>Ends the pipeline with a function that returns the response to a request of another type.</summary>
        /// <remarks>Requests of one connection are processed one after another. An exception of the function ends its
        /// connection, and no other.</remarks>
        /// <typeparam name="TIn">The request.</typeparam>
        /// <typeparam name="TOut">The response.</typeparam>
        /// <param name="inbound">Reads requests.</param>
        /// <param name="outbound">Writes responses.</param>
        /// <param name="respond">Returns the response to a request. Called concurrently for different connections.</param>
        /// <exception cref="InvalidOperationException">The endpoint already has a handler.</exception>
        public void Run<TIn, TOut>(IFrameDecoder<TIn> inbound, IFrameEncoder<TOut> outbound, Func<TIn, TOut> respond)
        {
            ArgumentNullException.ThrowIfNull(respond);
            listen.Run(inbound, outbound, (request, _) => ValueTask.FromResult(respond(request)));
        }

        /// <summary>Ends the pipeline with an asynchronous function that returns the response to a request of another
        /// type.</summary>
        /// <typeparam name="TIn">The request.</typeparam>
        /// <typeparam name="TOut">The response.</typeparam>
        /// <param name="inbound">Reads requests.</param>
        /// <param name="outbound">Writes responses.</param>
        /// <param name="respond">Returns the response to a request. Its token fires when the connection is closed, or when the
        /// response to another request of the connection failed.</param>
        /// <param name="onError">Returns the response to a request for which <paramref name="respond"/> threw. Default: null, the
        /// exception ends the connection, and no other.</param>
        /// <param name="options">The number of requests at a time for each connection, and the order of the responses. Default:
        /// one at a time.</param>
        /// <exception cref="InvalidOperationException">The endpoint already has a handler.</exception>
        public void Run<TIn, TOut>(
            IFrameDecoder<TIn> inbound, IFrameEncoder<TOut> outbound,
            Func<TIn, CancellationToken, ValueTask<TOut>> respond, Func<TIn, Exception, TOut>? onError = null,
            RespondOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(inbound);
            ArgumentNullException.ThrowIfNull(outbound);
            ArgumentNullException.ThrowIfNull(respond);
            var taken = (options ?? new()).TakeCopy();
            listen.Run(inbound, outbound, peer => peer.RespondAllAsync(respond, onError, taken));
        }
    }
}
