using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A socket in LISTEN. Every accepted client gets a socket of its own; this one goes on accepting.</summary>
internal sealed class SocketListener : IConnectionListener, IAcceptQueue
{
    private readonly Socket _socket;
    private readonly SocketTransportOptions _options;
    private readonly SocketSteps _steps;
    private readonly UnixSocketFile? _file;
    private readonly CancellationTokenSource _unbound = new();
    private readonly DescriptorReserve _reserve = DescriptorReserve.Shared;

    private SocketListener(
        Socket socket, EndPoint endPoint, UnixSocketFile? file, SocketTransportOptions options, SocketSteps steps)
    {
        (_socket, EndPoint, _file, _options, _steps) = (socket, endPoint, file, options, steps);
        _reserve.Join();
    }

    public EndPoint EndPoint { get; }

    public TcpInfo? Info => TcpInfo.Read(_socket);

    public static SocketListener Bind(EndPoint endPoint, SocketTransportOptions options)
    {
        var steps = new SocketSteps(options);
        Socket? socket = null;
        UnixSocketFile? file = null;
        try
        {
            socket = SocketSetup.Create(endPoint);
            steps.Tell(SocketFunction.Socket, socket);
            SocketSetup.ConfigureListener(socket, endPoint, options);
            if (endPoint is UnixDomainSocketEndPoint unix)
                UnixSocketFile.RemoveStale(unix);
            socket.Bind(endPoint);
            file = UnixSocketFile.Of(endPoint);
            var bound = socket.LocalEndPoint ?? endPoint;
            steps.Tell(SocketFunction.Bind, socket, bound);
            socket.Listen(options.Backlog ?? int.MaxValue); // the system cuts it down to its maximum
            steps.Tell(SocketFunction.Listen, socket, bound);
            return new(socket, bound, file, options, steps);
        }
        catch (Exception e)
        {
            socket?.Dispose();
            file?.Delete();
            if (e is SocketException error && BindError.Explain(endPoint, error) is { } explained)
                throw explained;
            throw;
        }
    }

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

    public int Shed(int most)
    {
        var shed = 0;
        try
        {
            // The reserve has been given up by now: there is a descriptor for this.
            while (shed < most && _socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
            {
                _socket.Accept().Close(timeout: 0); // RST
                shed++;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Nothing left after all, or the listener is being closed: those who wait go on waiting, or are reset by the close.
        }

        return shed;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        if (_unbound.IsCancellationRequested)
            return default;
        _unbound.Cancel();
        try
        {
            _steps.Tell(SocketFunction.Close, _socket, EndPoint);
        }
        finally
        {
            // The file goes first: as soon as the socket is closed, the next server may put its own there.
            _file?.Delete();
            _socket.Dispose();
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
            _reserve.ThrowIfNoRoom();
            var accepted = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
            _reserve.OnAccepted(accepted);
            return accepted;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            if (_unbound.IsCancellationRequested)
                return null; // Unbinding closes the socket; that is how a waiting accept ends.
            if (e is SocketException { SocketErrorCode: SocketError.TooManyOpenSockets })
                _reserve.Release();
            throw;
        }
    }

    private SocketConnection? TryOpen(Socket accepted)
    {
        try
        {
            SocketSetup.ConfigureConnection(accepted, _options);
            var connection = new SocketConnection(accepted, _options);
            _steps.Tell(SocketFunction.Accept, accepted, connection.LocalEndPoint, connection.RemoteEndPoint);
            connection.Start();
            return connection;
        }
        catch (SocketException)
        {
            // The client has reset the connection while it waited in the queue: there is nobody to serve, the next one is due.
            accepted.Dispose();
            return null;
        }
        catch
        {
            accepted.Dispose();
            throw;
        }
    }
}
