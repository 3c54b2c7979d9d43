using System.Net.Sockets;

namespace Sockeye;

/// <summary>The file of a listening Unix socket. It replaces what a dead server has left behind, and goes with the
/// listener.</summary>
/// <remarks>
/// The rule: no file is deleted but this listener's own, known by its inode, and a socket behind which no server lives.
/// </remarks>
internal sealed class UnixSocketFile
{
    private readonly string _path;
    private readonly PathEntry _entry;

    private UnixSocketFile(string path, PathEntry entry) => (_path, _entry) = (path, entry);

    /// <summary>Binds the socket. Null for Linux's abstract names, which have no file.</summary>
    /// <exception cref="SocketException"><c>bind()</c> failed.</exception>
    /// <exception cref="IOException">The path cannot be that of a socket.</exception>
    public static UnixSocketFile? Bind(Socket socket, UnixDomainSocketEndPoint endpoint)
    {
        if (UnixSocketAddress.GetPath(endpoint) is not { } path)
        {
            socket.Bind(new UnixSocketAddress(endpoint));
            return null;
        }

        if (UnixPathText.FindProblem(path) is { } problem)
            throw new IOException($"Cannot listen on {UnixPathText.Shown(path)}: {problem}. Choose another path.");
        var full = Path.GetFullPath(path);
        using (var pathLock = UnixPathLock.Acquire(full))
        {
            if (pathLock.IsHeld)
                RemoveStale(endpoint, full);
            socket.Bind(new UnixSocketAddress(endpoint));
        }

        return new(full, ReadEntry(endpoint, full));
    }

    /// <summary>Whether a server lives behind the socket at this path.</summary>
    public static UnixSocketStatus GetStatus(UnixDomainSocketEndPoint endpoint)
    {
        // A stream server that lives answers a datagram socket with EPROTOTYPE and notices nothing, also before listen().
        // Windows has no such sockets: there it sees a client that leaves at once. Not blocking: the backlog may be full.
        var kind = OperatingSystem.IsWindows() ? SocketType.Stream : SocketType.Dgram;
        using var probe = new Socket(AddressFamily.Unix, kind, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(endpoint);
            return UnixSocketStatus.Alive;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => UnixSocketStatus.Stale,
                SocketError.AccessDenied => UnixSocketStatus.Inaccessible,
                _ => UnixSocketStatus.Alive,
            };
        }
    }

    /// <summary>Deletes the file, unless another one lies at its path by now.</summary>
    public void Delete() => DeleteIf(_path, _entry);

    private static void RemoveStale(UnixDomainSocketEndPoint endpoint, string path)
    {
        var entry = ReadEntry(endpoint, path);
        // Linux refuses a connect to a file that is not a socket with the same error; elsewhere the error differs.
        var isSocket = entry.Kind is PathKind.Socket || (entry.Kind is PathKind.Unknown && !OperatingSystem.IsLinux());
        if (isSocket && GetStatus(endpoint) is UnixSocketStatus.Stale)
            DeleteIf(path, entry);
    }

    /// <summary>Nothing where a link stands before "..": there the system means another file than .NET, which deletes.</summary>
    private static PathEntry ReadEntry(UnixDomainSocketEndPoint endpoint, string path) =>
        PathEntry.Read(path) is var entry && PathEntry.Read(endpoint.ToString()) == entry ? entry : default;

    private static void DeleteIf(string path, PathEntry entry)
    {
        if (entry.Kind is PathKind.Nothing || PathEntry.Read(path) != entry)
            return;
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // At start bind() says that the path is taken. At stop the directory is closed to this process by now; what is left
            // is a stale socket, which the next server replaces.
        }
    }
}

internal enum UnixSocketStatus
{
    Stale,
    Alive,

    /// <summary>This user may not ask.</summary>
    Inaccessible,
}
