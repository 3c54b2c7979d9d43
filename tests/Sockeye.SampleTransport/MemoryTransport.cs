using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Transports;

namespace Sockeye.SampleTransport;

/// <summary>A transport within one process: its connections are pairs of buffers.</summary>
public sealed class MemoryTransport(TransportConnectionOptions? options = null)
    : IConnectionListenerFactory, IConnectionFactory, INamedTransport
{
    private readonly TransportConnectionOptions _options = options ?? new();
    private readonly ConcurrentDictionary<EndPoint, MemoryListener> _listeners = [];
    private int _clients;

    string INamedTransport.Name => "memory";

    string? INamedTransport.Reason => null;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listener = new MemoryListener(this, Check(endpoint));
        return _listeners.TryAdd(endpoint, listener)
            ? new(listener)
            : throw new AddressInUseException($"Cannot listen on {endpoint}: another listener has this name. Choose another.");
    }

    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (!_listeners.TryGetValue(Check(endpoint), out var listener))
            throw new SocketException((int)SocketError.ConnectionRefused);
        var local = new MemoryEndPoint($"client-{Interlocked.Increment(ref _clients)}");
        var (client, server) = MemorySocket.CreatePair(local, endpoint);
        await listener.EnqueueAsync(server, cancellationToken).ConfigureAwait(false);
        return Open(client);
    }

    internal ConnectionContext Open(MemorySocket socket)
    {
        var connection = new StreamConnection(socket, _options);
        connection.Start();
        return connection;
    }

    internal void Remove(MemoryListener listener) => _listeners.TryRemove(new(listener.EndPoint, listener));

    private static MemoryEndPoint Check(EndPoint endpoint) => endpoint as MemoryEndPoint ?? throw new NotSupportedException(
        $"MemoryTransport supports MemoryEndPoint, not {endpoint?.GetType().Name} ({endpoint}).");
}
