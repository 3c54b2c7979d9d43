namespace Sockeye;

/// <summary>Extensions that send requests over the connections of a pool.</summary>
public static class ConnectionPoolRequestExtensions
{
    extension(ConnectionPool pool)
    {
        /// <inheritdoc cref="AsRequests{TRequest, TResponse}(ConnectionPool, IFrameDecoder{TResponse}, IFrameEncoder{TRequest},
        /// Action{RequestClientRules{TRequest, TResponse}}, RequestOptions)"/>
        /// <typeparam name="TMessage">The message that both sides send.</typeparam>
        /// <param name="codec">Reads and writes the messages.</param>
        /// <param name="configure">Changes the rules.</param>
        /// <param name="options">The limits. Default: those of a new <see cref="RequestOptions"/>.</param>
        public RequestPool<TMessage, TMessage> AsRequests<TMessage>(
            Codec<TMessage> codec, Action<RequestClientRules<TMessage, TMessage>>? configure = null,
            RequestOptions? options = null) => pool.AsRequests(codec, codec, configure, options);

        /// <summary>Sends each request on a connection of the pool that no other request uses meanwhile.</summary>
        /// <typeparam name="TRequest">The message that this side sends.</typeparam>
        /// <typeparam name="TResponse">The message that the peer sends.</typeparam>
        /// <param name="inbound">Reads responses.</param>
        /// <param name="outbound">Writes requests.</param>
        /// <param name="configure">Changes the rules: matching, the preparation of each new connection, and the requests that are
        /// safe to repeat. A push that arrives between two requests closes its connection.</param>
        /// <param name="options">The limits. Default: those of a new <see cref="RequestOptions"/>.</param>
        public RequestPool<TRequest, TResponse> AsRequests<TRequest, TResponse>(
            IFrameDecoder<TResponse> inbound, IFrameEncoder<TRequest> outbound,
            Action<RequestClientRules<TRequest, TResponse>>? configure = null, RequestOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(pool);
            ArgumentNullException.ThrowIfNull(inbound);
            ArgumentNullException.ThrowIfNull(outbound);
            var rules = new RequestClientRules<TRequest, TResponse>();
            configure?.Invoke(rules);
            return new(pool, inbound, outbound, OptionCopier.ShallowCopy(rules), (options ?? new()).TakeCopy());
        }
    }
}
