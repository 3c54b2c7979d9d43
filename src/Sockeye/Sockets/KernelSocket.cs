using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>A socket of the system, which reports its calls to the observer of steps.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Close, which is called once, disposes all fields.")]
internal sealed class KernelSocket : StreamSocket
{
    private readonly SocketSteps _steps;
    private readonly SocketReceiver _receiver = new();
    private SocketSender? _sender;
    private volatile bool _isFinSent;
    private long _bytesSent;

    public KernelSocket(Socket socket, SocketSteps steps, EndPoint? target)
    {
        (Socket, _steps) = (socket, steps);
        (LocalEndPoint, RemoteEndPoint) = (SocketEndPoints.GetLocal(socket), SocketEndPoints.GetRemote(socket) ?? target);
    }

    public Socket Socket { get; }

    public override EndPoint? LocalEndPoint { get; }

    public override EndPoint? RemoteEndPoint { get; }

    public override bool IsReset =>
        OperatingSystem.IsLinux() ? TcpInfo.ReadState(Socket) is TcpState.Closed : ReceiveReportsReset();

    /// <remarks>.NET can be configured to complete calls on the thread that waits for all sockets.</remarks>
    public override bool CanRunHandlers => Thread.CurrentThread.IsThreadPoolThread;

    public override SystemProgress? GetSystemProgress() => TcpInfo.ReadProgress(Socket)
        ?? (UnixSocketQueue.GetUnreadMemory(Socket) is { } unread
            ? new(Volatile.Read(ref _bytesSent) - unread, unread > 0)
            : null);

    public override ValueTask<bool> WaitForDataAsync() => _receiver.WaitForDataAsync(Socket);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        var received = await _receiver.ReceiveAsync(Socket, buffer).ConfigureAwait(false);
        _steps.Notify(SocketFunction.Receive, Socket, LocalEndPoint, RemoteEndPoint, received);
        return received;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
            await Socket.SendAsync(bytes.First, SocketFlags.None).ConfigureAwait(false);
        else
            await (_sender ??= new()).SendAsync(Socket, bytes).ConfigureAwait(false);
        Volatile.Write(ref _bytesSent, _bytesSent + bytes.Length);
        _steps.Notify(SocketFunction.Send, Socket, LocalEndPoint, RemoteEndPoint, bytes.Length);
    }

    public override void ShutdownSend()
    {
        _isFinSent = true;
        Socket.Shutdown(SocketShutdown.Send);
        _steps.Notify(SocketFunction.Shutdown, Socket, LocalEndPoint, RemoteEndPoint);
    }

    public override void OnFailed(SocketException exception, bool isSend, bool isReset) => _steps.Notify(
        isSend ? SocketFunction.Send : SocketFunction.Receive, Socket, LocalEndPoint, RemoteEndPoint,
        isReset: isReset, error: exception.SocketErrorCode);

    public override void Close(bool reset)
    {
        try
        {
            _steps.Notify(SocketFunction.Close, Socket, LocalEndPoint, RemoteEndPoint, isReset: reset);
        }
        finally
        {
            if (reset)
                Socket.Close(timeout: 0); // SO_LINGER 0: RST, unsent data is discarded
            else
                CloseInOrder();
            _sender?.Dispose();
            _receiver.Dispose();
        }
    }

    /// <summary>Returns whether a receive reports a reset. It does not wait, because it follows the peer's FIN.</summary>
    /// <remarks>
    /// Linux returns 0 after FIN, even if a reset follows. Winsock reports WSAECONNRESET
    /// (learn.microsoft.com/windows/win32/api/winsock/nf-winsock-recv), and macOS ECONNRESET: recv(2).
    /// </remarks>
    private bool ReceiveReportsReset()
    {
        Span<byte> one = stackalloc byte[1];
        try
        {
            Socket.Receive(one, SocketFlags.Peek);
            return false;
        }
        catch (SocketException e)
        {
            return SocketErrors.ToCloseReason(e).Cause is CloseCause.Reset;
        }
        catch (ObjectDisposedException)
        {
            return false; // This side has closed the socket, and the reason is recorded already.
        }
    }

    /// <summary>
    /// Closes in order. .NET resets a socket that is disposed during a pending receive, unless it was shut down before.
    /// </summary>
    private void CloseInOrder()
    {
        try
        {
            if (!_isFinSent)
                Socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The peer has reset the connection: no FIN can be sent.
        }

        Socket.Dispose();
    }
}
