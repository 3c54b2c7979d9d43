using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>Notifies the observer of a transport of each socket call. Without an observer, it does nothing.</summary>
internal readonly struct SocketSteps(SocketTransportOptions options)
{
    private readonly Action<SocketStep>? _observer = options.OnStep;
    private readonly TimeProvider _time = options.TimeProvider;

    /// <summary>Returns the start of a call, for its elapsed time.</summary>
    public long GetStart() => _observer is null ? 0 : _time.GetTimestamp();

    public void Notify(
        SocketFunction function,
        Socket socket,
        EndPoint? local = null,
        EndPoint? remote = null,
        long bytes = 0,
        long? startedAt = null,
        bool isReset = false,
        SocketError? error = null)
    {
        if (_observer is null)
            return;
        Notify(
            function, socket.SafeHandle.DangerousGetHandle(), TcpInfo.Read(socket), local, remote, bytes, startedAt, isReset,
            error);
    }

    public void Notify(
        SocketFunction function,
        nint handle,
        TcpInfo? info,
        EndPoint? local,
        EndPoint? remote,
        long bytes,
        long? startedAt,
        bool isReset,
        SocketError? error)
    {
        if (_observer is null)
            return;
        _observer(new SocketStep
        {
            Function = function,
            Handle = handle,
            LocalEndPoint = local,
            RemoteEndPoint = remote,
            Bytes = bytes,
            Elapsed = startedAt is { } start ? _time.GetElapsedTime(start) : TimeSpan.Zero,
            IsReset = isReset,
            Error = error,
            TcpInfo = info,
        });
    }
}
