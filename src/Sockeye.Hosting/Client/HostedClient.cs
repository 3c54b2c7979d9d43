using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Hosting;

/// <summary>
/// A client of the host: its options, its endpoint and its pool come from the configuration. It is a singleton service, keyed by
/// its name. It is safe for concurrent callers.
/// </summary>
public sealed class HostedClient : IAsyncDisposable, IDisposable
{
    private readonly Lazy<ConnectionPool> _pool;

    internal HostedClient(string name, SockeyeClient client, EndPoint endpoint, ConnectionPoolOptions pool)
    {
        (Name, Client, EndPoint) = (name, client, endpoint);
        _pool = new(() => new(client, endpoint, pool));
    }

    /// <summary>Gets the name of the client, which is also the name of its section.</summary>
    public string Name { get; }

    /// <summary>Gets the client.</summary>
    public SockeyeClient Client { get; }

    /// <summary>Gets the endpoint to connect to.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Gets the pool of connections to the endpoint. The host disposes it.</summary>
    public ConnectionPool Pool => _pool.Value;

    /// <summary>Opens one connection to the endpoint. The caller disposes it, which closes it gracefully.</summary>
    /// <inheritdoc cref="SockeyeClient.ConnectAsync(System.Net.EndPoint, CancellationToken)" path="/exception"/>
    /// <param name="cancellationToken">Cancels the connect, and leaves nothing open.</param>
    public ValueTask<ConnectionContext> ConnectAsync(CancellationToken cancellationToken = default) =>
        Client.ConnectAsync(EndPoint, cancellationToken);

    /// <summary>Opens one message connection to the endpoint. The caller disposes it, which closes it gracefully.</summary>
    /// <inheritdoc cref="SockeyeClient.ConnectAsync(System.Net.EndPoint, CancellationToken)" path="/exception"/>
    /// <typeparam name="TMessage">The message that both sides send.</typeparam>
    /// <param name="codec">Reads and writes the messages.</param>
    /// <param name="cancellationToken">Cancels the connect, and leaves nothing open.</param>
    public ValueTask<MessageConnection<TMessage>> ConnectAsync<TMessage>(
        Codec<TMessage> codec, CancellationToken cancellationToken = default) =>
        Client.ConnectAsync(EndPoint, codec, cancellationToken);

    /// <summary>Opens one message connection with a type of message for each direction. The caller disposes it, which closes it
    /// gracefully.</summary>
    /// <inheritdoc cref="SockeyeClient.ConnectAsync(System.Net.EndPoint, CancellationToken)" path="/exception"/>
    /// <typeparam name="TIn">The message that the server sends.</typeparam>
    /// <typeparam name="TOut">The message that the server receives.</typeparam>
    /// <param name="inbound">Reads messages from the server.</param>
    /// <param name="outbound">Writes messages to the server.</param>
    /// <param name="cancellationToken">Cancels the connect, and leaves nothing open.</param>
    public ValueTask<MessageConnection<TIn, TOut>> ConnectAsync<TIn, TOut>(
        IFrameDecoder<TIn> inbound, IFrameEncoder<TOut> outbound, CancellationToken cancellationToken = default) =>
        Client.ConnectAsync(EndPoint, inbound, outbound, cancellationToken);

    /// <summary>Opens one connection after another to the endpoint, for <c>await foreach</c>.</summary>
    /// <inheritdoc cref="SockeyeClient.ReconnectAsync(System.Net.EndPoint, CancellationToken)" path="/exception"/>
    /// <param name="cancellationToken">Ends the loop at its next step. A connection that is in use stays open.</param>
    public ReconnectSequence<ConnectionContext> ReconnectAsync(CancellationToken cancellationToken = default) =>
        Client.ReconnectAsync(EndPoint, cancellationToken);

    /// <summary>Opens one message connection after another to the endpoint, for <c>await foreach</c>.</summary>
    /// <inheritdoc cref="SockeyeClient.ReconnectAsync(System.Net.EndPoint, CancellationToken)" path="/exception"/>
    /// <typeparam name="TMessage">The message that both sides send.</typeparam>
    /// <param name="codec">Reads and writes the messages.</param>
    /// <param name="cancellationToken">Ends the loop at its next step. A connection that is in use stays open.</param>
    public ReconnectSequence<MessageConnection<TMessage>> ReconnectAsync<TMessage>(
        Codec<TMessage> codec, CancellationToken cancellationToken = default) =>
        Client.ReconnectAsync(EndPoint, codec, cancellationToken);

    /// <summary>Opens a connection to the endpoint for requests, and opens it again whenever it is lost.</summary>
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
        Client.KeepRequests([EndPoint], inbound, outbound, configure, options);

    /// <summary>Closes the connections of the pool. The host calls it when it ends.</summary>
    public ValueTask DisposeAsync() => _pool.IsValueCreated ? Pool.DisposeAsync() : default;

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
