using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Turns the error of <c>bind()</c> or <c>listen()</c> into a sentence that names the address and the way out.</summary>
internal static class BindError
{
    public static Exception? Explain(EndPoint endPoint, SocketException error) => error.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse when endPoint is UnixDomainSocketEndPoint => new AddressInUseException(
            $"Cannot listen on {endPoint}: a server listens there already, or the path is a file that is not a socket. " +
            "Stop it, remove the file, or choose another path.", error),
        SocketError.AddressAlreadyInUse => new AddressInUseException(
            $"Cannot listen on {endPoint}: the port is already in use. " +
            "Stop what uses it, or choose another port (0 takes a free one).", error),
        SocketError.AddressNotAvailable when endPoint is UnixDomainSocketEndPoint => new IOException(
            $"Cannot listen on {endPoint}: the directory does not exist. Create it, or choose another path.", error),
        SocketError.AddressNotAvailable => new IOException(
            $"Cannot listen on {endPoint}: this machine has no such address. " +
            "Use one of its own, or listen on all of them with ListenAnyIP.", error),
        SocketError.AccessDenied when endPoint is IPEndPoint { Port: < 1024 } => new IOException(
            $"Cannot listen on {endPoint}: ports below 1024 need a right (on Linux CAP_NET_BIND_SERVICE). " +
            "Grant it, or choose a port from 1024 up.", error),
        SocketError.AccessDenied => new IOException(
            $"Cannot listen on {endPoint}: the system does not allow this user to. " +
            "Check the directory's permissions (Unix sockets) or the security policy.", error),
        SocketError.AddressFamilyNotSupported => new IOException(
            $"Cannot listen on {endPoint}: this system has the address family switched off. Use another kind of address.", error),
        SocketError.TooManyOpenSockets => new IOException(
            $"Cannot listen on {endPoint}: the process has no file descriptor left. Raise its limit (ulimit -n).", error),
        _ => new IOException($"Cannot listen on {endPoint}: {error.Message}.", error),
    };
}
