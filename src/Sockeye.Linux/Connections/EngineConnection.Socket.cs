using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Sockeye.Linux;

internal partial class EngineConnection
{
    private readonly Lock _descriptorLock = new();
    private Socket? _socket;
    private bool _isDescriptorClosed;

    /// <summary>The socket for handlers: on a descriptor of its own, so that closing it takes nothing from the engine, which goes
    /// on with <see cref="Descriptor"/>. It is disposed when the connection is closed.</summary>
    /// <exception cref="ObjectDisposedException">The connection is closed, and the socket was never asked for before.</exception>
    /// <exception cref="SocketException">The process has no descriptor left.</exception>
    public Socket Socket
    {
        get
        {
            lock (_descriptorLock)
            {
                ObjectDisposedException.ThrowIf(_isDescriptorClosed && _socket is null, this);
                return _socket ??= new(new SafeSocketHandle(SocketCalls.Duplicate(Descriptor), ownsHandle: true));
            }
        }
    }

    /// <summary>Whether the descriptor has been given back.</summary>
    public bool IsReleased
    {
        get
        {
            lock (_descriptorLock)
                return _isDescriptorClosed;
        }
    }

    public TcpInfo? GetTcpInfo() => ReadTcpInfo(stackalloc byte[LinuxTcpInfo.Size]).ToTcpInfo();

    public override SystemProgress? GetSystemProgress() => ReadTcpInfo(stackalloc byte[LinuxTcpInfo.Size]).Progress;

    private bool IsSocketReset => ReadTcpInfo(stackalloc byte[LinuxTcpInfo.Size]).State is TcpState.Closed;

    private LinuxTcpInfo ReadTcpInfo(Span<byte> buffer)
    {
        // Once it is closed, the number may be another connection's.
        lock (_descriptorLock)
            return _isDescriptorClosed ? default : SocketCalls.ReadTcpInfo(Descriptor, buffer);
    }

    /// <summary>From any thread: whether a handler has, or had, a descriptor of its own for the socket.</summary>
    protected bool IsDuplicated
    {
        get
        {
            lock (_descriptorLock)
                return _socket is not null;
        }
    }

    /// <summary>On the engine thread, with no operation under way: <c>close()</c>. The connection is over.</summary>
    protected void CloseDescriptor()
    {
        Socket? duplicate;
        lock (_descriptorLock)
        {
            _isDescriptorClosed = true;
            duplicate = _socket;
        }

        if (duplicate is not null)
        {
            // The duplicate keeps the socket open, so close() alone ends nothing. Dispose waits for calls of handlers that are
            // under way: not on this thread.
            SocketCalls.ShutdownBoth(Descriptor, _resets);
            ThreadPool.UnsafeQueueUserWorkItem(static duplicate => duplicate.Dispose(), duplicate, preferLocal: false);
        }

        _ = Libc.Close(Descriptor);
        Output.ReleaseAll();
        Thread.OnConnectionClosed();
        SignalClosed();
        NotifyWaiters(ref _finished);
        NotifySendAttempted();
    }

    /// <summary>Tells the observer of steps, if there is one.</summary>
    public void NotifyStep(
        SocketFunction function, long bytes = 0, long? begun = null, bool isReset = false, SocketError? error = null)
    {
        var options = Thread.Setup.Sockets;
        if (options.OnStep is not null)
        {
            new SocketSteps(options).Notify(
                function, Descriptor, GetTcpInfo(), LocalEndPoint, RemoteEndPoint, bytes, begun, isReset, error);
        }
    }
}
