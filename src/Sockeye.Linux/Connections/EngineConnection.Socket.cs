using System.Diagnostics;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sockeye.Linux;

internal partial class EngineConnection
{
    private readonly Lock _descriptorLock = new();
    private Socket? _socket;
    private bool _isDescriptorClosed;

    /// <summary>
    /// The socket for handlers, on a duplicate of the descriptor, so that closing it does not affect the engine, which uses
    /// <see cref="Descriptor"/>. It is disposed when the connection is closed.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The connection is closed, and the socket was never requested before.</exception>
    /// <exception cref="SocketException">The process has no descriptor left.</exception>
    public Socket Socket
    {
        get
        {
            lock (_descriptorLock)
            {
                ObjectDisposedException.ThrowIf(_isDescriptorClosed && _socket is null, this);
                return _socket ??= new(new SafeSocketHandle(Kernel.DuplicateOrThrow(Descriptor), ownsHandle: true));
            }
        }
    }

    public TcpInfo? GetTcpInfo() => ReadTcpInfo(stackalloc byte[LinuxTcpInfo.Size]).ToTcpInfo();

    public override SystemProgress? GetSystemProgress()
    {
        if (!_isUnix)
            return ReadTcpInfo(stackalloc byte[LinuxTcpInfo.Size]).Progress;
        lock (_descriptorLock)
        {
            return !_isDescriptorClosed && Kernel.ReadUnreadUnixMemory(Descriptor) is { } unread
                ? new(BytesSent - unread, unread > 0)
                : null;
        }
    }

    protected override bool CanMove => true;

    protected override SafeHandle DuplicateHandle()
    {
        lock (_descriptorLock)
        {
            ObjectDisposedException.ThrowIf(_isDescriptorClosed, this);
            return new DescriptorHandle(Kernel, Kernel.DuplicateOrThrow(Descriptor));
        }
    }

    protected override void RequestFreeze() => Post(EngineRequests.Freeze);

    private bool IsSocketReset => ReadTcpInfo(stackalloc byte[LinuxTcpInfo.Size]).State is TcpState.Closed;

    private LinuxTcpInfo ReadTcpInfo(Span<byte> buffer)
    {
        // The number of a closed descriptor may belong to another connection.
        lock (_descriptorLock)
            return _isDescriptorClosed ? default : Kernel.ReadTcpInfo(Descriptor, buffer);
    }

    /// <summary>Whether a handler has, or had, a duplicate of the descriptor. Safe from any thread.</summary>
    protected bool IsDuplicated
    {
        get
        {
            lock (_descriptorLock)
                return _socket is not null;
        }
    }

    /// <summary>Closes the descriptor, with no operation in flight, which ends the connection.</summary>
    /// <remarks>If a step throws, for lack of memory, this is called again. Only the first call closes the descriptor, and counts
    /// the connection as closed; the other steps can be repeated.</remarks>
    protected void CloseDescriptor()
    {
        Thread.AssertOnEngineThread();
        Debug.Assert(_isClosing && !HasSendInFlight, "No operation uses the descriptor.");
        Debug.Assert(!_isClosed, "A connection is closed once.");
        bool isFirst;
        Socket? duplicate;
        lock (_descriptorLock)
        {
            (isFirst, _isDescriptorClosed) = (!_isDescriptorClosed, true);
            duplicate = _socket;
        }

        if (isFirst)
        {
            // A duplicate keeps the socket open, so close() alone does not end the connection.
            if (duplicate is not null && !Moves)
                Kernel.ShutdownBoth(Descriptor, Resets);
            _ = Kernel.Close(Descriptor);
            Thread.OnConnectionClosed();
        }

        // Dispose waits for running calls of handlers, so it runs on another thread.
        if (duplicate is not null)
            ThreadPool.UnsafeQueueUserWorkItem(static duplicate => duplicate.Dispose(), duplicate, preferLocal: false);
        OnSocketClosed();
        NotifySendAttempted();
        _isClosed = true;
    }

    /// <summary>Notifies the observer of steps, if there is one. Safe from any thread.</summary>
    private void NotifyStep(
        SocketFunction function, long bytes = 0, long? startedAt = null, bool isReset = false, SocketError? error = null)
    {
        var options = Thread.Setup.Sockets;
        if (options.OnStep is not null)
        {
            new SocketSteps(options).Notify(
                function, Descriptor, GetTcpInfo(), LocalEndPoint, RemoteEndPoint, bytes, startedAt, isReset, error);
        }
    }
}
