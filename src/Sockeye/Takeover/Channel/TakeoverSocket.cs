using System.Net.Sockets;

namespace Sockeye;

/// <summary>The listening Unix socket by which the next process reaches the one that serves.</summary>
/// <remarks>
/// It moves with the listeners, so that the path always leads to a process that serves. Its file is handled as that of any
/// listener (docs/decisions/0020-a-socket-file-belongs-to-its-server.md).
/// </remarks>
internal sealed class TakeoverSocket
{
    // Processes that start at once: one takes over, and the others get a sentence.
    private const int Backlog = 8;

    private readonly ListeningSocket _listening;

    private TakeoverSocket(ListeningSocket listening) => _listening = listening;

    /// <summary>Connects to the process that serves; null if there is none.</summary>
    /// <exception cref="IOException">The path cannot be used, or another user's process is there.</exception>
    public static async Task<Socket?> TryConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            // Nothing is at the path, or a socket that an ended process left. Everything else, bind() reports.
            if (e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.ConnectionRefused || !File.Exists(path))
                return null;
            throw new IOException(
                $"Cannot ask the process at {UnixPathText.Shown(path)} to hand over: {SentenceText.TrimFullStop(e.Message)}. "
                    + "Choose another path, or end that process.", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var peer = PeerCredentials.Read(socket);
        if (peer.UserId == PeerCredentials.OwnUserId)
            return socket;
        socket.Dispose();
        throw new IOException(
            $"The process {peer.ProcessId} at {UnixPathText.Shown(path)} is of the user {peer.UserId}, and this one of the user "
                + $"{PeerCredentials.OwnUserId}: a process takes over from one of the same user only. Choose another path.");
    }

    /// <summary>Listens at the path, with the mode 0600.</summary>
    /// <exception cref="IOException">The path cannot be used.</exception>
    public static TakeoverSocket Listen(string path) => new(ListeningSocket.Bind(
        new UnixDomainSocketEndPoint(path),
        new() { Backlog = Backlog, UnixSocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }));

    /// <summary>Listens on the socket of the process that served.</summary>
    /// <param name="descriptor">The socket, which stays the caller's.</param>
    public static TakeoverSocket Attach(ListeningDescriptor descriptor) =>
        new(ListeningSocket.Attach(descriptor, new SocketTransportOptions()));

    /// <summary>Creates a descriptor for the next process, which the caller disposes of.</summary>
    public ListeningDescriptor CreateDescriptor() => _listening.CreateDescriptor();

    /// <summary>Accepts the next process. The token ends the wait; closing the socket while it waits is not allowed.</summary>
    public async Task<Socket> AcceptAsync(CancellationToken cancellationToken) =>
        await _listening.Socket.AcceptAsync(cancellationToken);

    /// <summary>Closes the socket.</summary>
    /// <param name="leavesFile">Whether the file stays, because another process listens on the socket.</param>
    public void Close(bool leavesFile)
    {
        if (leavesFile)
            _listening.LeaveFile();
        _listening.Close();
    }
}
