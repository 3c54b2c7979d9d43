using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>A socket of the system; it tells the observer of steps what is done with it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Close, which is called once, disposes of what it owns.")]
internal sealed class KernelSocket : StreamSocket
{
    private readonly SocketSteps _steps;
    private readonly SocketReceiver _receiver = new();
    private SocketSender? _gather;
    private volatile bool _finSent;
    private long _sent;

    public KernelSocket(Socket socket, SocketSteps steps, EndPoint? dialled)
    {
        (Socket, _steps) = (socket, steps);
        (LocalEndPoint, RemoteEndPoint) = (EndPoints.Local(socket), EndPoints.Remote(socket) ?? dialled);
    }

    public Socket Socket { get; }

    public override EndPoint? LocalEndPoint { get; }

    public override EndPoint? RemoteEndPoint { get; }

    public override bool IsReset => TcpInfo.ReadState(Socket) is TcpState.Closed;

    public override SystemProgress? AskSystem() => TcpInfo.ReadProgress(Socket)
        ?? (UnixSocketQueue.UnreadMemory(Socket) is { } unread ? new(Volatile.Read(ref _sent) - unread, unread > 0) : null);

    public override ValueTask<bool> WaitForDataAsync() => _receiver.WaitForDataAsync(Socket);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        var received = await _receiver.ReceiveAsync(Socket, buffer).ConfigureAwait(false);
        _steps.Tell(SocketFunction.Receive, Socket, LocalEndPoint, RemoteEndPoint, received);
        return received;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
            await Socket.SendAsync(bytes.First, SocketFlags.None).ConfigureAwait(false);
        else
            await (_gather ??= new()).SendAsync(Socket, bytes).ConfigureAwait(false);
        Volatile.Write(ref _sent, _sent + bytes.Length);
        _steps.Tell(SocketFunction.Send, Socket, LocalEndPoint, RemoteEndPoint, bytes.Length);
    }

    public override void ShutdownSend()
    {
        _finSent = true;
        Socket.Shutdown(SocketShutdown.Send);
        _steps.Tell(SocketFunction.Shutdown, Socket, LocalEndPoint, RemoteEndPoint);
    }

    public override void OnFailed(SocketException error, bool isSend, bool isReset) => _steps.Tell(
        isSend ? SocketFunction.Send : SocketFunction.Receive, Socket, LocalEndPoint, RemoteEndPoint,
        isReset: isReset, error: error.SocketErrorCode);

    public override void Close(bool reset)
    {
        try
        {
            _steps.Tell(SocketFunction.Close, Socket, LocalEndPoint, RemoteEndPoint, isReset: reset);
        }
        finally
        {
            if (reset)
                Socket.Close(timeout: 0); // SO_LINGER 0: RST, what was not sent yet is dropped
            else
                CloseInOrder();
            _gather?.Dispose();
            _receiver.Dispose();
        }
    }

    /// <summary>.NET resets a socket that is disposed under a pending receive, unless it was shut down before.</summary>
    private void CloseInOrder()
    {
        try
        {
            if (!_finSent)
                Socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The peer has reset the connection meanwhile: there is nobody left to send FIN to.
        }

        Socket.Dispose();
    }
}
