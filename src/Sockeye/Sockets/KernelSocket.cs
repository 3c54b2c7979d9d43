using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>A socket of the system, which reports its calls to the observer of steps.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Close, which is called once, disposes all fields.")]
internal sealed class KernelSocket : StreamSocket
{
    /// <summary>
    /// Whether calls that need not wait are made directly, which costs less than an operation. On Windows, they stay operations
    /// of the completion port.
    /// </summary>
    private static readonly bool CallsDirectly = !OperatingSystem.IsWindows();

    private readonly SocketSteps _steps;
    private readonly SocketReceiver _receiver = new();
    private SocketSender? _sender;
    private volatile bool _isFinSent;
    private long _bytesSent;

    public KernelSocket(Socket socket, SocketSteps steps, EndPoint? target)
    {
        (Socket, _steps) = (socket, steps);
        (LocalEndPoint, RemoteEndPoint) = (SocketEndPoints.GetLocal(socket), SocketEndPoints.GetRemote(socket) ?? target);
        if (CallsDirectly)
            socket.Blocking = false;
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

    /// <remarks>On Linux only: other systems have no way to take a socket from .NET during a pending receive.</remarks>
    public override bool CanMove => OperatingSystem.IsLinux();

    public override SafeHandle Duplicate() => SharedDescriptor.Duplicate(Socket.SafeHandle);

    public override void Leave()
    {
        SharedDescriptor.Leave(Socket);
        _sender?.Dispose();
        _receiver.Dispose();
    }

    public override ValueTask<bool> WaitForDataAsync() => _receiver.WaitForDataAsync(Socket);

    public override bool TryReceive(Memory<byte> buffer, out int received)
    {
        received = Socket.Receive(buffer.Span, SocketFlags.None, out var error);
        if (error is SocketError.WouldBlock)
            return false;
        if (error is not SocketError.Success)
            throw new SocketException((int)error);
        _steps.Notify(SocketFunction.Receive, Socket, LocalEndPoint, RemoteEndPoint, received);
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        var received = await _receiver.ReceiveAsync(Socket, buffer).ConfigureAwait(false);
        _steps.Notify(SocketFunction.Receive, Socket, LocalEndPoint, RemoteEndPoint, received);
        return received;
    }

    public override ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        if (!CallsDirectly || !bytes.IsSingleSegment)
            return SendRestAsync(bytes, bytes.Length);
        var sent = Socket.Send(bytes.FirstSpan, SocketFlags.None, out var error);
        if (error is not (SocketError.Success or SocketError.WouldBlock))
            return ValueTask.FromException(new SocketException((int)error));
        if (sent < bytes.Length)
            return SendRestAsync(bytes.Slice(Math.Max(sent, 0)), bytes.Length);
        OnSent(sent);
        return default;
    }

    public override void ShutdownSend()
    {
        Socket.Shutdown(SocketShutdown.Send);
        _isFinSent = true;
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

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendRestAsync(ReadOnlySequence<byte> rest, long length)
    {
        if (rest.IsSingleSegment)
            await Socket.SendAsync(rest.First, SocketFlags.None).ConfigureAwait(false);
        else
            await (_sender ??= new()).SendAsync(Socket, rest).ConfigureAwait(false);
        OnSent(length);
    }

    private void OnSent(long count)
    {
        Volatile.Write(ref _bytesSent, _bytesSent + count);
        _steps.Notify(SocketFunction.Send, Socket, LocalEndPoint, RemoteEndPoint, count);
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
