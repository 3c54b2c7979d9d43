using System.Net;
using System.Net.Sockets;

namespace Sockeye.Transports;

/// <summary>A listening socket of the system, from <c>socket()</c> to <c>close()</c>, for transports that accept from
/// it.</summary>
/// <remarks>
/// It has the options, the errors and the observer (<see cref="SocketTransportOptions.OnStep"/>) of
/// <see cref="SocketTransport"/>, and for a Unix socket the file.
/// </remarks>
public sealed class ListeningSocket
{
    private readonly SocketSteps _steps;
    private readonly Lock _lock = new();
    private UnixSocketFile? _file;
    private bool _isShared;

    private ListeningSocket(Socket socket, EndPoint endpoint, UnixSocketFile? file, SocketSteps steps)
    {
        (Socket, EndPoint, _file, _steps) = (socket, endpoint, file, steps);
        // Another holder of the socket may accept a client between a poll and an accept, which would then wait.
        Socket.Blocking = false;
    }

    /// <summary>Gets the socket. <see cref="Close"/> closes it.</summary>
    public Socket Socket { get; }

    /// <summary>Gets the bound endpoint, with the actual port.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Creates a socket, binds it and listens.</summary>
    /// <param name="endpoint">The endpoint to listen on.</param>
    /// <param name="options">The options of the socket.</param>
    /// <param name="beforeBind">Configures the socket before <c>bind()</c>.</param>
    /// <param name="beforeListen">Configures the socket between <c>bind()</c> and <c>listen()</c>.</param>
    /// <exception cref="Microsoft.AspNetCore.Connections.AddressInUseException">Something listens there already.</exception>
    /// <exception cref="IOException">The address is not of this machine, or the system forbids it.</exception>
    /// <exception cref="NotSupportedException">The endpoint is neither an IP address nor a Unix socket.</exception>
    public static ListeningSocket Bind(
        EndPoint endpoint, SocketTransportOptions options, Action<Socket>? beforeBind = null, Action<Socket>? beforeListen = null)
    {
        var steps = new SocketSteps(options);
        Socket? socket = null;
        UnixSocketFile? file = null;
        try
        {
            socket = SocketSetup.Create(endpoint);
            steps.Notify(SocketFunction.Socket, socket);
            SocketSetup.ConfigureListener(socket, endpoint, options);
            beforeBind?.Invoke(socket);
            if (endpoint is UnixDomainSocketEndPoint unix)
                file = UnixSocketFile.Bind(socket, unix, options.UnixSocketMode);
            else
                socket.Bind(endpoint);
            var bound = socket.LocalEndPoint ?? endpoint;
            steps.Notify(SocketFunction.Bind, socket, bound);
            beforeListen?.Invoke(socket);
            socket.Listen(options.Backlog ?? int.MaxValue); // the system caps it at its maximum
            steps.Notify(SocketFunction.Listen, socket, bound);
            return new(socket, bound, file, steps);
        }
        catch (Exception e)
        {
            file?.Delete(); // Before the socket is closed, as in Close.
            socket?.Dispose();
            if (e is SocketException error && BindErrors.ToException(endpoint, error) is { } explained)
                throw explained;
            throw;
        }
    }

    /// <summary>Listens by a second descriptor of a socket that exists already.</summary>
    /// <param name="descriptor">A descriptor, which the caller keeps.</param>
    /// <param name="options">The options. Those that <c>bind()</c> fixes do not apply.</param>
    /// <exception cref="IOException">No descriptor is left, or the system refuses an option.</exception>
    /// <exception cref="ObjectDisposedException">The descriptor is closed.</exception>
    public static ListeningSocket Attach(ListeningDescriptor descriptor, SocketTransportOptions options)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        var steps = new SocketSteps(options);
        Socket? socket = null;
        try
        {
            socket = descriptor.ToSocket();
            DescriptorReserve.Shared.OnOpened(socket.Handle);
            SocketSetup.ConfigureBound(socket, options);
            if (options.Backlog is { } backlog)
                socket.Listen(backlog); // listen() again changes the limit of the queue.
            steps.Notify(SocketFunction.Listen, socket, descriptor.EndPoint);
            var file = descriptor is { OwnsFile: true, EndPoint: UnixDomainSocketEndPoint unix }
                ? UnixSocketFile.Attach(unix)
                : null;
            return new(socket, descriptor.EndPoint, file, steps) { _isShared = true };
        }
        catch (Exception e)
        {
            socket?.Dispose(); // No call uses it.
            if (e is SocketException error)
                throw BindErrors.ToException(descriptor.EndPoint, error);
            throw;
        }
    }

    /// <summary>Creates a second descriptor of the socket, for another listener.</summary>
    /// <inheritdoc cref="ISharedListener.GetDescriptors" path="/exception"/>
    public ListeningDescriptor CreateDescriptor()
    {
        ListeningDescriptor.ThrowIfNotSupported();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(Socket.SafeHandle.IsClosed, this);
            _isShared = true;
            return ListeningDescriptor.Duplicate((int)Socket.SafeHandle.DangerousGetHandle(), _file?.Exists ?? false);
        }
    }

    /// <summary>Creates a second descriptor of each socket, or of none.</summary>
    /// <inheritdoc cref="ISharedListener.GetDescriptors" path="/exception"/>
    public static IReadOnlyList<ListeningDescriptor> CreateDescriptors(IEnumerable<ListeningSocket> sockets)
    {
        ArgumentNullException.ThrowIfNull(sockets);
        List<ListeningDescriptor> descriptors = [];
        try
        {
            foreach (var socket in sockets)
                descriptors.Add(socket.CreateDescriptor());
            return descriptors;
        }
        catch
        {
            foreach (var descriptor in descriptors)
                descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Leaves the file of a Unix socket to another listener: <see cref="Close"/> does not delete it.</summary>
    public void LeaveFile() => _file = null;

    /// <inheritdoc cref="IAcceptQueueListener.Shed"/>
    public int Shed(int maxCount)
    {
        var shed = 0;
        try
        {
            // The reserve was released, so that a descriptor is free for this.
            while (shed < maxCount && Socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
            {
                Socket.Accept().Close(timeout: 0); // RST
                shed++;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // No client or descriptor was left, or the listener is being closed: waiting clients continue to wait, or the close
            // resets them.
        }

        return shed;
    }

    /// <summary>
    /// Deletes the file of a Unix socket, and closes the descriptor. If it was the last one of the socket, the system resets
    /// waiting clients. Otherwise the socket listens on for those who hold the other ones.
    /// </summary>
    /// <remarks>No accept of .NET may be pending: ending one makes .NET set <c>SO_LINGER</c> on the socket.</remarks>
    public void Close()
    {
        try
        {
            _steps.Notify(SocketFunction.Close, Socket, EndPoint);
        }
        finally
        {
            // The file is deleted first, because another server may create its own as soon as the socket is closed.
            _file?.Delete();
            lock (_lock)
            {
                if (_isShared && !Socket.SafeHandle.IsClosed)
                    PrepareSharedClose((int)Socket.SafeHandle.DangerousGetHandle());
                Socket.Dispose();
            }
        }
    }

    /// <remarks>
    /// If a call uses the socket while it is closed, .NET ends that call by shutting the socket down, also for other processes.
    /// It does not do so for a descriptor that children get. The descriptor is closed at once, so that a child gets it only if
    /// it starts in between.
    /// </remarks>
    private static void PrepareSharedClose(int descriptor)
    {
        SharedDescriptor.LeaveEpoll(descriptor);
        NativeDescriptor.KeepOnExec(descriptor);
    }
}
