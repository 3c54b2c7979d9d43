using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A listening socket, or several, which accept clients. Each client gets a separate socket.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Unbinding, with which every listener ends, disposes its fields.")]
internal sealed class SocketListener : IConnectionListener, IAcceptQueueListener, ISharedListener
{
    private readonly ListeningSocket[] _sockets;
    private readonly AcceptRound? _round;
    private readonly SocketTransportOptions _options;
    private readonly SocketSteps _steps;
    private readonly CancellationTokenSource _unbound = new();
    private readonly SemaphoreSlim _accepting = new(1);
    private readonly Lock _unbindLock = new();
    private readonly DescriptorReserve _reserve = DescriptorReserve.Shared;
    private CancellationTokenSource? _either;
    private CancellationToken _caller;
    private Task? _unbinding;

    private SocketListener(ListeningSocket[] sockets, SocketTransportOptions options, bool isInherited)
    {
        (_sockets, _options, _steps) = (sockets, options, new(options));
        // On an inherited Unix socket, the asynchronous accept of .NET throws for a client with a longer path than the socket's.
        if (sockets.Length > 1 || (isInherited && EndPoint is UnixDomainSocketEndPoint))
            _round = new([.. sockets.Select(socket => socket.Socket)]);
        _reserve.Join();
    }

    public EndPoint EndPoint => _sockets[0].EndPoint;

    public static SocketListener Bind(EndPoint endpoint, SocketTransportOptions options)
    {
        if (endpoint is not InheritedEndPoint inherited)
            return new([ListeningSocket.Bind(endpoint, options)], options, isInherited: false);
        List<ListeningSocket> attached = [];
        try
        {
            foreach (var descriptor in inherited.Descriptors)
                attached.Add(ListeningSocket.Attach(descriptor, options));
            return new([.. attached], options, isInherited: true);
        }
        catch
        {
            foreach (var socket in attached)
                socket.LeaveFile(); // The caller still has the socket.
            CloseAll(attached);
            throw;
        }
    }

    public TcpInfo? GetTcpInfo() => TcpInfo.Read(_sockets[0].Socket);

    public AcceptQueueInfo? GetQueue() => _sockets
        .Select(socket => AcceptQueueInfo.FromTcpInfo(TcpInfo.Read(socket.Socket)))
        .MaxBy(queue => queue?.FillRatio);

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

    public int Shed(int maxCount)
    {
        var shed = 0;
        foreach (var socket in _sockets)
            shed += socket.Shed(maxCount - shed);
        return shed;
    }

    public IReadOnlyList<ListeningDescriptor> GetDescriptors() => ListeningSocket.CreateDescriptors(_sockets);

    public ValueTask ReleaseAsync(CancellationToken cancellationToken = default)
    {
        foreach (var socket in _sockets)
            socket.LeaveFile();
        return UnbindAsync(CancellationToken.None);
    }

    /// <summary>Releases everything, even if the observer of steps throws. The first caller gets that exception.</summary>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        lock (_unbindLock)
            return new(_unbinding is { } first ? WaitForEndAsync(first) : _unbinding = CloseAsync());
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

    private static void CloseAll(IEnumerable<ListeningSocket> sockets)
    {
        Exception? fault = null;
        foreach (var socket in sockets)
        {
            try
            {
                socket.Close();
            }
            catch (Exception e)
            {
                fault ??= e; // The observer of steps. The other sockets are closed first.
            }
        }

        if (fault is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(fault);
    }

    private static async Task WaitForEndAsync(Task unbinding) => await unbinding.WithoutThrowing(keepsContext: false);

    /// <summary>Ends a waiting accept, and closes the sockets when no accept uses them.</summary>
    private async Task CloseAsync()
    {
        // The token ends the accept, not the close of the socket: .NET would change the socket, which others may hold.
        await _unbound.CancelAsync().ConfigureAwait(false);
        await _accepting.WaitAsync().ConfigureAwait(false);
        try
        {
            _round?.Dispose();
            CloseAll(_sockets);
        }
        finally
        {
            _reserve.Leave();
            _either?.Dispose();
            _accepting.Release();
        }
    }

    private async ValueTask<Socket?> AcceptSocketAsync(CancellationToken cancellationToken)
    {
        await _accepting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_unbound.IsCancellationRequested)
                return null;
            _reserve.ThrowIfExhausted();
            var token = GetToken(cancellationToken);
            var accepted = _round is null
                ? await _sockets[0].Socket.AcceptAsync(token).ConfigureAwait(false)
                : await _round.AcceptAsync(token).ConfigureAwait(false);
            _reserve.OnOpened(accepted.Handle);
            return accepted;
        }
        catch (OperationCanceledException)
        {
            if (_unbound.IsCancellationRequested)
                return null;
            throw new OperationCanceledException(cancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TooManyOpenSockets)
        {
            _reserve.Release();
            throw;
        }
        finally
        {
            _accepting.Release();
        }
    }

    /// <summary>Returns a token that fires when the caller cancels or the listener ends. It is created once for a caller that
    /// passes the same token each time.</summary>
    private CancellationToken GetToken(CancellationToken caller)
    {
        if (!caller.CanBeCanceled)
            return _unbound.Token;
        if (_either is null || _caller != caller)
        {
            _either?.Dispose();
            (_either, _caller) = (CancellationTokenSource.CreateLinkedTokenSource(_unbound.Token, caller), caller);
        }

        return _either.Token;
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
