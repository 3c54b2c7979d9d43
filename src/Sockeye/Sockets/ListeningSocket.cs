using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>A socket in LISTEN, from <c>socket()</c> to <c>close()</c>, whoever accepts from it.</summary>
internal sealed class ListeningSocket
{
    private readonly UnixSocketFile? _file;
    private readonly SocketSteps _steps;

    private ListeningSocket(Socket socket, EndPoint endpoint, UnixSocketFile? file, SocketSteps steps) =>
        (Socket, EndPoint, _file, _steps) = (socket, endpoint, file, steps);

    public Socket Socket { get; }

    /// <summary>With the real port.</summary>
    public EndPoint EndPoint { get; }

    /// <param name="endpoint">Where to listen.</param>
    /// <param name="options">What the socket gets.</param>
    /// <param name="beforeBind">What else it gets before <c>bind()</c>.</param>
    /// <param name="beforeListen">What else it gets between <c>bind()</c> and <c>listen()</c>.</param>
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
                file = UnixSocketFile.Bind(socket, unix);
            else
                socket.Bind(endpoint);
            var bound = socket.LocalEndPoint ?? endpoint;
            steps.Notify(SocketFunction.Bind, socket, bound);
            beforeListen?.Invoke(socket);
            socket.Listen(options.Backlog ?? int.MaxValue); // the system cuts it down to its maximum
            steps.Notify(SocketFunction.Listen, socket, bound);
            return new(socket, bound, file, steps);
        }
        catch (Exception e)
        {
            file?.Delete(); // First, as in Close.
            socket?.Dispose();
            if (e is SocketException error && BindError.ToException(endpoint, error) is { } explained)
                throw explained;
            throw;
        }
    }

    /// <inheritdoc cref="IAcceptQueue.Shed"/>
    public int Shed(int maxCount)
    {
        var shed = 0;
        try
        {
            // The reserve has been given up by now: there is a descriptor for this.
            while (shed < maxCount && Socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
            {
                Socket.Accept().Close(timeout: 0); // RST
                shed++;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Nothing left after all, or the listener is being closed: those who wait go on waiting, or are reset by the close.
        }

        return shed;
    }

    public void Close()
    {
        try
        {
            _steps.Notify(SocketFunction.Close, Socket, EndPoint);
        }
        finally
        {
            // The file goes first: as soon as the socket is closed, the next server may put its own there.
            _file?.Delete();
            Socket.Dispose();
        }
    }
}
