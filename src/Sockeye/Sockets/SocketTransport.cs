using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>The portable transport: TCP over IPv4 and IPv6 (dual-stack too) and Unix sockets, on <see cref="Socket"/>.</summary>
/// <remarks>
/// Safe to call concurrently. It needs no disposal: each listener and connection belongs to the one who has bound or opened it,
/// and is disposed of there. It binds and connects to
/// <see cref="IPEndPoint"/> and <see cref="UnixDomainSocketEndPoint"/>; <c>SockeyeClient</c> resolves names.
/// </remarks>
public sealed class SocketTransport
    : IConnectionListenerFactory, ILocalEndPointConnectionFactory, ILoggingTransport, INamedTransport, IConnectionAttacher
{
    private readonly SocketTransportOptions _options;

    /// <summary>Creates a transport with the given options, which it copies, or with the defaults.</summary>
    public SocketTransport(SocketTransportOptions? options = null)
    {
        _options = options?.Copy() ?? new();
    }

    /// <summary>Gets the transport with the default options, which the process shares.</summary>
    public static SocketTransport Shared { get; } = new();

    string INamedTransport.Name => "sockets";

    string INamedTransport.Reason => "the portable transport, on System.Net.Sockets";

    void ILoggingTransport.UseLogger(ILogger logger) => SocketSetup.LogMissingOptions(logger);

    internal TransportConnectionOptions ConnectionOptions => _options.ConnectionOptions;

    /// <summary>
    /// Creates a listener: <c>socket()</c>, <c>bind()</c>, <c>listen()</c>. Port 0 takes a free port, which
    /// <see cref="IConnectionListener.EndPoint"/> returns. <see cref="IPAddress.IPv6Any"/> also listens for IPv4. Completes at
    /// once. An <see cref="InheritedEndPoint"/>, or a <see cref="FileHandleEndPoint"/>, whose descriptor the caller keeps,
    /// listens on sockets that exist already (Linux and macOS).
    /// </summary>
    /// <remarks>
    /// The listener implements <see cref="ISharedListener"/>, which hands its sockets over.
    /// The listener's <c>AcceptAsync</c> is for one caller at a time, can be cancelled, and throws <see cref="SocketException"/>
    /// if the system refuses (too many open files), which <c>SockeyeServer</c> handles.
    /// </remarks>
    /// <exception cref="AddressInUseException">Something listens there already.</exception>
    /// <exception cref="IOException">The address is not one of this machine, the system forbids it, or a descriptor is no
    /// listening stream socket. The message has a remedy.</exception>
    /// <exception cref="NotSupportedException">Neither an IP nor a Unix socket address.</exception>
    /// <exception cref="PlatformNotSupportedException">An option is set that this system does not have, or the system does not
    /// inherit sockets (Windows).</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        cancellationToken.ThrowIfCancellationRequested();
        if (endpoint is not FileHandleEndPoint file)
            return new(SocketListener.Bind(EndPoints.ToListen(endpoint), _options));
        using var descriptor = ListeningDescriptor.Duplicate(file);
        return new(SocketListener.Bind(new InheritedEndPoint([descriptor]), _options));
    }

    /// <summary>Opens a connection: <c>socket()</c>, <c>connect()</c>. Cancelling closes the socket.</summary>
    /// <exception cref="SocketException">The peer refused, did not answer, or cannot be reached.</exception>
    /// <exception cref="ArgumentException">Port 0, or a multicast or broadcast address.</exception>
    /// <exception cref="NotSupportedException">Neither an IP nor a Unix socket address.</exception>
    /// <exception cref="PlatformNotSupportedException">An option is set that this system does not have.</exception>
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ConnectAsync(endpoint, null, cancellationToken);

    ValueTask<ConnectionContext> ILocalEndPointConnectionFactory.ConnectAsync(
        EndPoint remote, EndPoint local, CancellationToken cancellationToken) =>
        ConnectAsync(remote, local, cancellationToken);

    /// <summary>Continues a connection on its socket. Linux only.</summary>
    /// <inheritdoc/>
    public ConnectionContext Attach(SafeHandle socket, MovedBytes stream)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(stream);
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("Connections move on Linux only.");
        var attached = SharedDescriptor.Open(socket);
        SocketConnection connection;
        try
        {
            DescriptorReserve.Shared.OnOpened(attached.Handle);
            connection = new(attached, _options, stream.RemoteEndPoint, stream);
        }
        catch
        {
            attached.SafeHandle.SetHandleAsInvalid(); // The caller keeps it.
            throw;
        }

        socket.SetHandleAsInvalid();
        connection.Start();
        return connection;
    }

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

            var startedAt = steps.GetStart();
            try
            {
                await socket.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
                if (SelfConnect.IsSelfConnected(socket.LocalEndPoint, remote, () => socket.RemoteEndPoint))
                    throw SelfConnect.CreateRefusal(socket);
            }
            catch (SocketException e)
            {
                steps.Notify(
                    SocketFunction.Connect, socket, socket.LocalEndPoint, remote, startedAt: startedAt, error: e.SocketErrorCode);
                throw;
            }

            var connection = new SocketConnection(socket, _options, remote);
            steps.Notify(
                SocketFunction.Connect, socket, connection.LocalEndPoint, connection.RemoteEndPoint, startedAt: startedAt);
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
