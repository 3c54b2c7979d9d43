using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Hosting;

/// <summary>
/// A client of the host: its options, its endpoints and its pool come from the configuration. It is a singleton service, keyed
/// by its name. It is safe for concurrent callers. Each connection is to the first endpoint that accepts.
/// </summary>
public sealed class HostedClient : IAsyncDisposable, IDisposable
{
    private readonly Lazy<ConnectionPool> _pool;

    internal HostedClient(string name, SockeyeClient client, IReadOnlyList<EndPoint> endpoints, ConnectionPoolOptions pool)
    {
        (Name, Client, EndPoints) = (name, client, endpoints);
        _pool = new(() => new(client, endpoints, pool));
    }

    /// <summary>Gets the name of the client, which is also the name of its section.</summary>
    public string Name { get; }

    /// <summary>Gets the client.</summary>
    public SockeyeClient Client { get; }

    /// <summary>Gets the endpoints to connect to, in the order of preference. At least one.</summary>
    public IReadOnlyList<EndPoint> EndPoints { get; }

    /// <summary>Gets the preferred endpoint: the first of <see cref="EndPoints"/>.</summary>
    public EndPoint EndPoint => EndPoints[0];

    /// <summary>Gets the pool of connections to an endpoint. The host disposes it.</summary>
    public ConnectionPool Pool => _pool.Value;

    /// <summary>Opens one connection to an endpoint. The caller disposes it, which closes it gracefully.</summary>
    /// <inheritdoc cref="SockeyeClient.ConnectAsync(IEnumerable{System.Net.EndPoint}, CancellationToken)" path="/exception"/>
    /// <param name="cancellationToken">Cancels the connect, and leaves nothing open.</param>
    public ValueTask<ConnectionContext> ConnectAsync(CancellationToken cancellationToken = default) =>
        Client.ConnectAsync(EndPoints, cancellationToken);

    /// <summary>Opens one message connection to an endpoint. The caller disposes it, which closes it gracefully.</summary>
    /// <inheritdoc cref="SockeyeClient.ConnectAsync(IEnumerable{System.Net.EndPoint}, CancellationToken)" path="/exception"/>
    /// <typeparam name="TMessage">The message that both sides send.</typeparam>
    /// <param name="codec">Reads and writes the messages.</param>
    /// <param name="cancellationToken">Cancels the connect, and leaves nothing open.</param>
    public ValueTask<MessageConnection<TMessage>> ConnectAsync<TMessage>(
        Codec<TMessage> codec, CancellationToken cancellationToken = default) =>
        Client.ConnectAsync(EndPoints, codec, cancellationToken);

    /// <summary>Opens one message connection with a type of message for each direction. The caller disposes it, which closes it
    /// gracefully.</summary>
    /// <inheritdoc cref="SockeyeClient.ConnectAsync(IEnumerable{System.Net.EndPoint}, CancellationToken)" path="/exception"/>
    /// <typeparam name="TIn">The message that the server sends.</typeparam>
    /// <typeparam name="TOut">The message that the server receives.</typeparam>
    /// <param name="inbound">Reads messages from the server.</param>
    /// <param name="outbound">Writes messages to the server.</param>
    /// <param name="cancellationToken">Cancels the connect, and leaves nothing open.</param>
    public ValueTask<MessageConnection<TIn, TOut>> ConnectAsync<TIn, TOut>(
        IFrameDecoder<TIn> inbound, IFrameEncoder<TOut> outbound, CancellationToken cancellationToken = default) =>
        Client.ConnectAsync(EndPoints, inbound, outbound, cancellationToken);

    /// <summary>Opens one connection after another to an endpoint, for <c>await foreach</c>.</summary>
    /// <inheritdoc cref="SockeyeClient.ReconnectAsync(IEnumerable{System.Net.EndPoint}, CancellationToken)" path="/exception"/>
    /// <param name="cancellationToken">Ends the loop at its next step. A connection that is in use stays open.</param>
    public ReconnectSequence<ConnectionContext> ReconnectAsync(CancellationToken cancellationToken = default) =>
        Client.ReconnectAsync(EndPoints, cancellationToken);

    /// <summary>Opens one message connection after another to an endpoint, for <c>await foreach</c>.</summary>
    /// <inheritdoc cref="SockeyeClient.ReconnectAsync(IEnumerable{System.Net.EndPoint}, CancellationToken)" path="/exception"/>
    /// <typeparam name="TMessage">The message that both sides send.</typeparam>
    /// <param name="codec">Reads and writes the messages.</param>
    /// <param name="cancellationToken">Ends the loop at its next step. A connection that is in use stays open.</param>
    public ReconnectSequence<MessageConnection<TMessage>> ReconnectAsync<TMessage>(
        Codec<TMessage> codec, CancellationToken cancellationToken = default) =>
        Client.ReconnectAsync(EndPoints, codec, cancellationToken);

    /// <summary>Opens a connection to an endpoint for requests, and opens it again whenever it is lost.</summary>
    /// <inheritdoc cref="SockeyeClientRequestExtensions.KeepRequests{TRequest, TResponse}(SockeyeClient,
    /// IEnumerable{System.Net.EndPoint}, IFrameDecoder{TResponse}, IFrameEncoder{TRequest},
    /// Action{RequestClientRules{TRequest, TResponse}}, RequestClientOptions)" path="/exception"/>
    /// <typeparam name="TRequest">The message that this side sends.</typeparam>
    /// <typeparam name="TResponse">The message that the peer sends.</typeparam>
    /// <param name="inbound">Reads responses.</param>
    /// <param name="outbound">Writes requests.</param>
    /// <param name="configure">Changes the rules: matching, the preparation of a connection, and the requests that are safe to
    /// repeat.</param>
    /// <param name="options">The limits. Default: those of a new <see cref="RequestClientOptions"/>.</param>
    public RequestClient<TRequest, TResponse> KeepRequests<TRequest, TResponse>(
        IFrameDecoder<TResponse> inbound, IFrameEncoder<TRequest> outbound,
        Action<RequestClientRules<TRequest, TResponse>>? configure = null, RequestClientOptions? options = null) =>
        Client.KeepRequests(EndPoints, inbound, outbound, configure, options);

    /// <summary>Closes the connections of the pool. The host calls it when it ends.</summary>
    public ValueTask DisposeAsync() => _pool.IsValueCreated ? Pool.DisposeAsync() : default;

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
