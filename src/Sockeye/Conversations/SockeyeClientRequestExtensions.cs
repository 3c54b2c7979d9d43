using System.Net;

namespace Sockeye;

/// <summary>Extensions that send requests over connections that are opened again.</summary>
public static class SockeyeClientRequestExtensions
{
    extension(SockeyeClient client)
    {
        /// <summary>Opens a connection for requests, and opens it again whenever it is lost.</summary>
        /// <typeparam name="TMessage">The message that both sides send.</typeparam>
        /// <param name="host">A name, or an address ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0"). Resolved each time.</param>
        /// <param name="port">1 to 65535.</param>
        /// <param name="codec">Reads and writes the messages.</param>
        /// <param name="configure">Changes the rules: matching, the preparation of a connection, and the requests that are safe
        /// to repeat.</param>
        /// <param name="options">The limits. Default: those of a new <see cref="RequestClientOptions"/>.</param>
        /// <returns>The client for requests, which connects in the background. Dispose it.</returns>
        public RequestClient<TMessage, TMessage> KeepRequests<TMessage>(
            string host, int port, Codec<TMessage> codec, Action<RequestClientRules<TMessage, TMessage>>? configure = null,
            RequestClientOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(codec);
            return client.KeepRequests([HostNames.ToEndPoint(host, port)], codec, codec, configure, options);
        }

        /// <summary>
        /// Opens a connection for requests to the first of several endpoints that accepts, and does so again whenever it is lost.
        /// </summary>
        /// <typeparam name="TRequest">The message that this side sends.</typeparam>
        /// <typeparam name="TResponse">The message that the peer sends.</typeparam>
        /// <param name="endpoints">The endpoints, in the order of preference. Each attempt starts with the first one.</param>
        /// <param name="inbound">Reads responses.</param>
        /// <param name="outbound">Writes requests.</param>
        /// <param name="configure">Changes the rules: matching, the preparation of a connection, and the requests that are safe
        /// to repeat.</param>
        /// <param name="options">The limits. Default: those of a new <see cref="RequestClientOptions"/>.</param>
        /// <returns>The client for requests, which connects in the background. Dispose it.</returns>
        /// <exception cref="ArgumentException">There is no endpoint, or one is not an endpoint to connect to.</exception>
        public RequestClient<TRequest, TResponse> KeepRequests<TRequest, TResponse>(
            IEnumerable<EndPoint> endpoints, IFrameDecoder<TResponse> inbound, IFrameEncoder<TRequest> outbound,
            Action<RequestClientRules<TRequest, TResponse>>? configure = null, RequestClientOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(client);
            ArgumentNullException.ThrowIfNull(inbound);
            ArgumentNullException.ThrowIfNull(outbound);
            var targets = FirstEndPoint.Normalize(endpoints);
            var rules = new RequestClientRules<TRequest, TResponse>();
            configure?.Invoke(rules);
            return new(client, targets, inbound, outbound, OptionCopier.ShallowCopy(rules), (options ?? new()).TakeCopy());
        }
    }
}
