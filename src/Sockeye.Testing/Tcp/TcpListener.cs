using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Testing;

/// <summary>A simulated socket in LISTEN with its accept queue.</summary>
internal sealed class TcpListener : IConnectionListener, IAcceptQueueListener
{
    private readonly ITcpHost _host;
    private readonly IPEndPoint _endPoint;
    private readonly int _backlog;
    private readonly Queue<TcpSocket> _queue = new();
    private readonly HashSet<TcpSocket> _handshaking = [];
    private readonly Signal _arrived;
    private bool _isUnbound;

    public TcpListener(ITcpHost host, IPEndPoint endpoint, int backlog)
    {
        (_host, _endPoint, _backlog) = (host, endpoint, backlog);
        _arrived = new(host.Loop);
    }

    public EndPoint EndPoint => _endPoint;

    public TcpInfo? GetTcpInfo() => null;

    public AcceptQueueInfo? GetQueue() => new(_queue.Count, _backlog);

    /// <summary>Whether another client can be queued.</summary>
    public bool HasSpace => _queue.Count <= _backlog;

    /// <summary>Accepts a SYN. Returns false while the queue is full: the client then retransmits it, as on Linux.</summary>
    public bool OnSyn(Segment segment)
    {
        if (!HasSpace)
            return false;
        var socket = new TcpSocket(_host, segment.Destination, segment.Source, this);
        _handshaking.Add(socket);
        _host.Add(socket);
        socket.AnswerSyn();
        return true;
    }

    /// <summary>Queues a socket whose handshake is complete. A waiting accept may continue before this method returns.</summary>
    public void Enqueue(TcpSocket socket)
    {
        Debug.Assert(HasSpace, "The queue has one more entry than its limit at most, as on Linux.");
        var wasHandshaking = _handshaking.Remove(socket);
        Debug.Assert(wasHandshaking || _isUnbound, "A socket is queued once, after its handshake.");
        _queue.Enqueue(socket);
        _arrived.Set();
    }

    public void Remove(TcpSocket socket) => _handshaking.Remove(socket);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            _host.Loop.ThrowIfForeignThread();
            cancellationToken.ThrowIfCancellationRequested();
            if (_isUnbound)
                return null;
            if (_queue.TryDequeue(out var socket))
            {
                _host.Trace($"{socket.Local} -> {socket.Remote}", "accepted");
                return _host.Open(socket);
            }

            await _arrived.WaitAsync(() => $"{_host.Name}: AcceptAsync on {_endPoint} waits for a client", cancellationToken);
        }
    }

    public int Shed(int maxCount)
    {
        var shed = 0;
        for (; shed < maxCount && _queue.TryDequeue(out var socket); shed++)
            socket.Close(reset: true);
        return shed;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _host.Loop.ThrowIfForeignThread();
        if (_isUnbound)
            return default;
        _isUnbound = true;
        _host.Trace($"{_endPoint}", "unbound");
        _host.Remove(this);
        // The system resets waiting clients, and those whose handshake is not complete.
        Shed(int.MaxValue);
        foreach (var socket in _handshaking.ToList())
            socket.Close(reset: true);
        _arrived.Set();
        return default;
    }

    /// <summary>Removes the listener after a crash of the host, without notifying clients.</summary>
    public void Crash()
    {
        _isUnbound = true;
        _queue.Clear();
        _handshaking.Clear();
        _arrived.Set();
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}
