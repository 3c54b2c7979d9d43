using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A listening socket, which accepts clients. Each client gets a separate socket.</summary>
internal sealed class SocketListener : IConnectionListener, IAcceptQueueListener
{
    private readonly ListeningSocket _listening;
    private readonly Socket _socket;
    private readonly SocketTransportOptions _options;
    private readonly SocketSteps _steps;
    private readonly CancellationTokenSource _unbound = new();
    private readonly DescriptorReserve _reserve = DescriptorReserve.Shared;

    public SocketListener(EndPoint endpoint, SocketTransportOptions options)
    {
        _listening = ListeningSocket.Bind(endpoint, options);
        (_socket, _options, _steps) = (_listening.Socket, options, new(options));
        _reserve.Join();
    }

    public EndPoint EndPoint => _listening.EndPoint;

    public TcpInfo? GetTcpInfo() => TcpInfo.Read(_socket);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (await AcceptSocketAsync(cancellationToken).ConfigureAwait(false) is not { } accepted)
                return null;
            if (TryOpen(accepted) is { } connection)
                return connection;
        }
    }

    public int Shed(int maxCount) => _listening.Shed(maxCount);

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        if (_unbound.IsCancellationRequested)
            return default;
        _unbound.Cancel();
        try
        {
            _listening.Close();
        }
        finally
        {
            _reserve.Leave();
        }

        return default;
    }

    public ValueTask DisposeAsync() => UnbindAsync();

    private async ValueTask<Socket?> AcceptSocketAsync(CancellationToken cancellationToken)
    {
        if (_unbound.IsCancellationRequested)
            return null;
        try
        {
            _reserve.ThrowIfExhausted();
            var accepted = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
            _reserve.OnOpened(accepted.Handle);
            return accepted;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            if (_unbound.IsCancellationRequested)
                return null; // Unbinding closes the socket, which ends a waiting accept.
            if (e is SocketException { SocketErrorCode: SocketError.TooManyOpenSockets })
                _reserve.Release();
            throw;
        }
    }

    private SocketConnection? TryOpen(Socket accepted)
    {
        SocketConnection? connection = null;
        try
        {
            SocketSetup.ConfigureConnection(accepted, _options);
            connection = new(accepted, _options);
            _steps.Notify(SocketFunction.Accept, accepted, connection.LocalEndPoint, connection.RemoteEndPoint);
            connection.Start();
            return connection;
        }
        catch (SocketException) when (connection is null)
        {
            // The client reset the connection while it waited in the queue. The next one is accepted.
            accepted.Dispose();
            return null;
        }
        catch
        {
            accepted.Close(timeout: 0); // RST: the client is not served.
            throw;
        }
    }
}
