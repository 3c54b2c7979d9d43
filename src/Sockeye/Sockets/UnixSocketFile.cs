using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// The file of a listening Unix socket: removed when the listener goes, and when a dead server has left it behind.
/// </summary>
internal sealed class UnixSocketFile
{
    private readonly string _path;

    private UnixSocketFile(string path) => _path = path;

    /// <summary>Null for what has no file: TCP, and Linux's abstract sockets (their path begins with NUL, shown as @).</summary>
    public static UnixSocketFile? Of(EndPoint endPoint) =>
        endPoint is UnixDomainSocketEndPoint unix && PathOf(unix) is { } path ? new(Path.GetFullPath(path)) : null;

    /// <summary>
    /// Deletes the file if it is a socket that nobody listens on. Another file is left alone: bind() reports it.
    /// </summary>
    public static void RemoveStale(UnixDomainSocketEndPoint endPoint)
    {
        if (PathOf(endPoint) is not { } path || !File.Exists(path))
            return;
        // A live stream server answers a datagram socket with EPROTOTYPE and notices nothing. Windows has no such sockets:
        // there it sees a client that leaves at once. Not blocking, since the backlog may be full.
        var kind = OperatingSystem.IsWindows() ? SocketType.Stream : SocketType.Dgram;
        using var probe = new Socket(AddressFamily.Unix, kind, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused && IsSocket(path))
        {
            File.Delete(path);
        }
        catch (SocketException)
        {
            // Not a socket, not ours to see, or a server lives there: bind() will say what is wrong.
        }
    }

    public void Delete()
    {
        try
        {
            File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The directory is gone or closed to us by now; the next server's RemoveStale deals with what is left.
        }
    }

    private static string? PathOf(UnixDomainSocketEndPoint endPoint) =>
        endPoint.ToString() is { Length: > 0 } path && path[0] is not '@' ? path : null;

    // connect() to a regular file is refused as well, but that one can be opened: it holds somebody's data and must stay.
    private static bool IsSocket(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            return false;
        }
        catch (IOException)
        {
            return true; // ENXIO, open(2)
        }
    }
}
