using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Transports;

/// <summary>Translates the error of <c>bind()</c> or <c>listen()</c> into an exception whose message names the endpoint and a
/// remedy.</summary>
public static class BindErrors
{
    /// <summary>Returns an <see cref="AddressInUseException"/> if something listens there already, otherwise an
    /// <see cref="IOException"/>.</summary>
    /// <param name="endpoint">The endpoint to listen on.</param>
    /// <param name="error">The error of the system.</param>
    public static Exception ToException(EndPoint endpoint, SocketException error) => endpoint is UnixDomainSocketEndPoint unix
        ? UnixBindError.ToException(unix, error) ?? ToGeneralException(endpoint, error)
        : ToAddressException(endpoint, error) ?? ToGeneralException(endpoint, error);

    private static Exception? ToAddressException(EndPoint endpoint, SocketException error) => error.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => new AddressInUseException(
            $"Cannot listen on {endpoint}: the port is already in use. " +
            "Stop what uses it, or choose another port (0 takes a free one).", error),
        SocketError.AddressNotAvailable => new IOException(
            $"Cannot listen on {endpoint}: this machine has no such address. " +
            "Use an address of this machine, or listen on all of them: 0.0.0.0 or [::].", error),
        SocketError.InvalidArgument when endpoint is IPEndPoint { Address: { IsIPv6LinkLocal: true, ScopeId: 0 } address } =>
            new IOException(
                $"Cannot listen on {endpoint}: a link-local address needs a network interface, for example {address}%eth0.",
                error),
        SocketError.AccessDenied when endpoint is IPEndPoint { Port: < 1024 } => new IOException(
            $"Cannot listen on {endpoint}: ports below 1024 need a privilege (on Linux CAP_NET_BIND_SERVICE). " +
                "Grant it, or choose a port of 1024 or above.", error),
        SocketError.AccessDenied => new IOException(
            $"Cannot listen on {endpoint}: the system does not allow this user to. Check the security policy.", error),
        _ => null,
    };

    private static IOException ToGeneralException(EndPoint endpoint, SocketException error) => error.SocketErrorCode switch
    {
        SocketError.AddressFamilyNotSupported => new IOException(
            $"Cannot listen on {endpoint}: this system has the address family switched off. Use another kind of address.", error),
        SocketError.TooManyOpenSockets => new IOException(
            $"Cannot listen on {endpoint}: the process has no file descriptor left. Raise its limit (ulimit -n).", error),
        _ => new IOException($"Cannot listen on {endpoint}: {SentenceText.TrimFullStop(error.Message)}.", error),
    };
}
