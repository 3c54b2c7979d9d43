using System.Net.Sockets;

namespace Sockeye.Linux;

/// <summary>The errors that the engines distinguish, errno(3).</summary>
internal enum Errno
{
    None = 0,
    NotPermitted = 1, // EPERM
    NoEntry = 2, // ENOENT
    Interrupted = 4, // EINTR
    Again = 11, // EAGAIN
    NoMemory = 12, // ENOMEM
    AccessDenied = 13, // EACCES
    Invalid = 22, // EINVAL
    TooManyOpenFilesInSystem = 23, // ENFILE
    TooManyOpenFiles = 24, // EMFILE
    NoSpace = 28, // ENOSPC
    BrokenPipe = 32, // EPIPE
    Protocol = 71, // EPROTO
    ProtocolType = 91, // EPROTOTYPE
    NoSupport = 95, // EOPNOTSUPP
    NetworkDown = 100, // ENETDOWN
    NetworkUnreachable = 101, // ENETUNREACH
    ConnectionAborted = 103, // ECONNABORTED
    ConnectionReset = 104, // ECONNRESET
    NoBuffers = 105, // ENOBUFS
    NotConnected = 107, // ENOTCONN
    TimedOut = 110, // ETIMEDOUT
    ConnectionRefused = 111, // ECONNREFUSED
    HostDown = 112, // EHOSTDOWN
    HostUnreachable = 113, // EHOSTUNREACH
    InProgress = 115, // EINPROGRESS
    Cancelled = 125, // ECANCELED
    AddressInUse = 98, // EADDRINUSE
    AddressNotAvailable = 99, // EADDRNOTAVAIL
}

internal static class ErrnoExtensions
{
    /// <summary>Creates the exception that the sockets of .NET throw for this error.</summary>
    public static SocketException ToException(this Errno error) => new((int)(error switch
    {
        Errno.BrokenPipe => SocketError.Shutdown,
        Errno.ConnectionReset => SocketError.ConnectionReset,
        Errno.ConnectionAborted or Errno.Protocol => SocketError.ConnectionAborted,
        Errno.ConnectionRefused => SocketError.ConnectionRefused,
        Errno.NotConnected => SocketError.NotConnected,
        Errno.TimedOut => SocketError.TimedOut,
        Errno.HostDown => SocketError.HostDown,
        Errno.HostUnreachable => SocketError.HostUnreachable,
        Errno.NetworkDown => SocketError.NetworkDown,
        Errno.NetworkUnreachable => SocketError.NetworkUnreachable,
        Errno.TooManyOpenFiles or Errno.TooManyOpenFilesInSystem => SocketError.TooManyOpenSockets,
        Errno.NoBuffers or Errno.NoMemory or Errno.NoSpace => SocketError.NoBufferSpaceAvailable,
        Errno.AccessDenied or Errno.NotPermitted => SocketError.AccessDenied,
        Errno.AddressInUse => SocketError.AddressAlreadyInUse,
        Errno.AddressNotAvailable or Errno.NoEntry => SocketError.AddressNotAvailable,
        Errno.Again => SocketError.WouldBlock,
        Errno.ProtocolType => SocketError.ProtocolType,
        Errno.Cancelled => SocketError.OperationAborted,
        Errno.NoSupport => SocketError.OperationNotSupported,
        Errno.Invalid => SocketError.InvalidArgument,
        _ => SocketError.SocketError,
    }));
}
