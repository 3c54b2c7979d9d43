using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Sockeye.Linux;

internal partial class EngineConnection
{
    private readonly Lock _descriptorLock = new();
    private Socket? _socket;
    private bool _isReleased;

    /// <summary>The socket as .NET knows it: made when first asked for, and the descriptor's owner from then on.</summary>
    /// <exception cref="ObjectDisposedException">The connection is closed, and was never asked before.</exception>
    public Socket Socket
    {
        get
        {
            lock (_descriptorLock)
            {
                ObjectDisposedException.ThrowIf(_isReleased && _socket is null, this);
                return _socket ??= new(new SafeSocketHandle(Descriptor, ownsHandle: true));
            }
        }
    }

    /// <summary>Whether the descriptor has been given back.</summary>
    public bool IsReleased
    {
        get
        {
            lock (_descriptorLock)
                return _isReleased;
        }
    }

    public TcpInfo? TcpInfo => TcpInfo.Of(AskKernel(stackalloc byte[TcpInfoBytes.Size]));

    public override SystemProgress? AskSystem() => AskKernel(stackalloc byte[TcpInfoBytes.Size]).Progress;

    private bool HasMetReset => AskKernel(stackalloc byte[TcpInfoBytes.Size]).State is TcpState.Closed;

    private TcpInfoBytes AskKernel(Span<byte> buffer)
    {
        // Once it is closed, the number may be another connection's.
        lock (_descriptorLock)
            return _isReleased ? default : SocketCalls.ReadTcpInfo(Descriptor, buffer);
    }

    /// <summary>On the engine thread, with no operation under way: <c>close()</c>. The connection is over.</summary>
    protected void CloseDescriptor()
    {
        lock (_descriptorLock)
        {
            _isReleased = true;
            if (_socket is not null)
                _socket.Dispose();
            else
                _ = Libc.Close(Descriptor);
        }

        Output.Drop();
        Thread.OnClosed();
        SignalClosed();
        Set(ref _finished);
        EndTry();
    }

    /// <summary>Tells the observer of steps, if there is one.</summary>
    public void Tell(
        SocketFunction function, long bytes = 0, long? begun = null, bool isReset = false, SocketError? error = null)
    {
        var options = Thread.Setup.Sockets;
        if (options.OnStep is not null)
            new SocketSteps(options).Tell(function, Socket, LocalEndPoint, RemoteEndPoint, bytes, begun, isReset, error);
    }
}
