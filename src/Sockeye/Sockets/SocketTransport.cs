using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The portable transport: TCP over IPv4 and IPv6 (dual-stack too) and Unix sockets, on <see cref="Socket"/>.</summary>
/// <remarks>
/// Safe from many callers. It holds nothing to dispose: listeners and connections are disposed each for itself. It binds and
/// dials <see cref="IPEndPoint"/> and <see cref="UnixDomainSocketEndPoint"/>; names are resolved by <c>SockeyeClient</c>.
/// </remarks>
public sealed class SocketTransport : IConnectionListenerFactory, ILocalEndPointConnectionFactory, INamedTransport
{
    private readonly SocketTransportOptions _options;

    /// <summary>A transport with the given options, or the defaults. Later changes of the options have no effect.</summary>
    public SocketTransport(SocketTransportOptions? options = null)
    {
        _options = options?.Copy() ?? new();
    }

    /// <summary>The transport with all options at their defaults, shared by everything in the process.</summary>
    public static SocketTransport Shared { get; } = new();

    string INamedTransport.Name => "sockets";

    string INamedTransport.Reason => "the portable transport, on System.Net.Sockets";

    internal TransportConnectionOptions ConnectionOptions => _options.ConnectionOptions;

    /// <summary><c>socket()</c>, <c>bind()</c>, <c>listen()</c>. Port 0 takes a free one;
    /// <see cref="IConnectionListener.EndPoint"/> tells which. <see cref="IPAddress.IPv6Any"/> listens for IPv4 as well.
    /// Completes at once.</summary>
    /// <remarks>The listener's <c>AcceptAsync</c> is for one caller at a time, safe to cancel, and throws
    /// <see cref="SocketException"/> when the system refuses (too many open files): <c>SockeyeServer</c> deals with
    /// that.</remarks>
    /// <exception cref="AddressInUseException">Something listens there already.</exception>
    /// <exception cref="IOException">
    /// The address is not this machine's, or the system forbids it; the message says what to do.
    /// </exception>
    /// <exception cref="NotSupportedException">Neither an IP nor a Unix socket address.</exception>
    /// <exception cref="PlatformNotSupportedException">An option is set that this system does not have.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        cancellationToken.ThrowIfCancellationRequested();
        return new(new SocketListener(EndPoints.ToListen(endpoint), _options));
    }

    /// <summary><c>socket()</c> and <c>connect()</c>; cancelling gives up and closes the socket.</summary>
    /// <exception cref="SocketException">The peer refused, did not answer, or cannot be reached.</exception>
    /// <exception cref="ArgumentException">Port 0, or a multicast or broadcast address.</exception>
    /// <exception cref="NotSupportedException">Neither an IP nor a Unix socket address.</exception>
    /// <exception cref="PlatformNotSupportedException">An option is set that this system does not have.</exception>
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ConnectAsync(endpoint, null, cancellationToken);

    ValueTask<ConnectionContext> ILocalEndPointConnectionFactory.ConnectAsync(
        EndPoint remote, EndPoint local, CancellationToken cancellationToken) =>
        ConnectAsync(remote, local, cancellationToken);

    internal async ValueTask<ConnectionContext> ConnectAsync(
        EndPoint remote, EndPoint? local, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(remote);
        cancellationToken.ThrowIfCancellationRequested();
        (remote, local) = (EndPoints.ToConnect(remote), EndPoints.Unmap(local));
        var steps = new SocketSteps(_options);
        var socket = SocketSetup.Create(remote);
        try
        {
            steps.Notify(SocketFunction.Socket, socket);
            SocketSetup.ConfigureClient(socket, _options);
            if (local is not null)
            {
                socket.Bind(local);
                steps.Notify(SocketFunction.Bind, socket, socket.LocalEndPoint);
            }

            var begun = steps.GetStart();
            try
            {
                await socket.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
                if (SelfConnect.IsSelfConnected(socket.LocalEndPoint, remote, () => socket.RemoteEndPoint))
                    throw SelfConnect.CreateRefusal(socket);
            }
            catch (SocketException e)
            {
                steps.Notify(
                    SocketFunction.Connect, socket, socket.LocalEndPoint, remote, begun: begun, error: e.SocketErrorCode);
                throw;
            }

            var connection = new SocketConnection(socket, _options, remote);
            steps.Notify(SocketFunction.Connect, socket, connection.LocalEndPoint, connection.RemoteEndPoint, begun: begun);
            connection.Start();
            return connection;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
