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
    private readonly UnixSocketFile? _file;
    private readonly SocketSteps _steps;

    private ListeningSocket(Socket socket, EndPoint endpoint, UnixSocketFile? file, SocketSteps steps) =>
        (Socket, EndPoint, _file, _steps) = (socket, endpoint, file, steps);

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

    /// <summary>Deletes the file of a Unix socket, and closes the socket. The system resets waiting clients.</summary>
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
            Socket.Dispose();
        }
    }
}
