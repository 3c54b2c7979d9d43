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
            Socket? accepted;
            try
            {
                accepted = await AcceptSocketAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException e) when (IsClientGone(e.SocketErrorCode))
            {
                continue; // The failed accept has removed the client from the queue. The next one is accepted.
            }

            if (accepted is null)
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

    /// <summary>
    /// Returns whether a call for a new connection failed because the client reset it while it waited in the queue.
    /// </summary>
    /// <remarks>
    /// For <c>accept()</c>, Winsock documents WSAECONNRESET
    /// (learn.microsoft.com/windows/win32/api/mswsock/nf-mswsock-acceptex), and accept(2) ECONNABORTED. For
    /// <c>setsockopt()</c>, Winsock documents WSAENOTCONN and WSAENETRESET
    /// (learn.microsoft.com/windows/win32/api/winsock/nf-winsock-setsockopt), and macOS EINVAL: setsockopt(2).
    /// </remarks>
    private static bool IsClientGone(SocketError error) =>
        error is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.NotConnected
            or SocketError.NetworkReset
        || (error is SocketError.InvalidArgument && OperatingSystem.IsMacOS());

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
        catch (SocketException e) when (connection is null && IsClientGone(e.SocketErrorCode))
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
