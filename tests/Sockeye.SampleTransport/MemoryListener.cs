using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Sockeye.Transports;

namespace Sockeye.SampleTransport;

/// <summary>A listener with a bounded accept queue. A client that finds it full waits.</summary>
internal sealed class MemoryListener(MemoryTransport transport, EndPoint endpoint) : IConnectionListener, IAcceptQueueListener
{
    private const int Backlog = 128;

    private readonly Channel<MemorySocket> _queue = Channel.CreateBounded<MemorySocket>(Backlog);

    public EndPoint EndPoint => endpoint;

    /// <summary>No kernel knows anything about this transport.</summary>
    public TcpInfo? GetTcpInfo() => null;

    public AcceptQueueInfo? GetQueue() => new(_queue.Reader.Count, Backlog);

    public async ValueTask EnqueueAsync(MemorySocket socket, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(socket, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new SocketException((int)SocketError.ConnectionRefused);
        }
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _queue.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_queue.Reader.TryRead(out var socket))
                return transport.Open(socket);
        }

        return null;
    }

    public int Shed(int maxCount)
    {
        var count = 0;
        for (; count < maxCount && _queue.Reader.TryRead(out var socket); count++)
            socket.Close(reset: true);
        return count;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        transport.Remove(this);
        _queue.Writer.TryComplete();
        Shed(int.MaxValue);
        return default;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}
