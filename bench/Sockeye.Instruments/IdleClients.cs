using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Instruments;

/// <summary>A transport for a server, with the given number of clients, which send nothing and stay connected.</summary>
internal sealed class IdleClients(int count) : IConnectionListenerFactory, IConnectionListener
{
    private readonly TransportConnectionOptions _options = new SocketTransportOptions().ConnectionOptions;
    private readonly TaskCompletionSource<ConnectionContext?> _noMoreClients = new();
    private int _accepted;

    public EndPoint EndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 7000);

    public ValueTask<IConnectionListener> BindAsync(
        EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        if (_accepted++ >= count)
            return new(_noMoreClients.Task);
        var connection = new StreamConnection(new SilentSocket(EndPoint), _options);
        connection.Start();
        return new(connection);
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _noMoreClients.TrySetResult(null);
        return default;
    }

    public ValueTask DisposeAsync() => default;

    private sealed class SilentSocket(EndPoint endpoint) : StreamSocket
    {
        private readonly TaskCompletionSource<bool> _closed = new();

        public override EndPoint? LocalEndPoint => endpoint;

        public override EndPoint? RemoteEndPoint => endpoint;

        public override bool IsReset => false;

        public override SystemProgress? GetSystemProgress() => null;

        public override ValueTask<bool> WaitForDataAsync() => new(_closed.Task);

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => new(0);

        public override ValueTask SendAsync(ReadOnlySequence<byte> bytes) => default;

        public override void ShutdownSend()
        {
        }

        public override void Close(bool reset) => _closed.TrySetResult(true);
    }
}
