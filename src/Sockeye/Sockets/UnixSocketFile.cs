using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// The file of a listening Unix socket. Binding replaces a stale file of a server that has ended, and closing the listener
/// deletes the file.
/// </summary>
/// <remarks>
/// Only two kinds of file are deleted: the listener's own, identified by its inode, and a socket without a server.
/// </remarks>
internal sealed class UnixSocketFile
{
    private readonly string _path;
    private readonly PathEntry _entry;

    private UnixSocketFile(string path, PathEntry entry) => (_path, _entry) = (path, entry);

    /// <summary>Binds the socket. Returns null for an abstract name of Linux, which has no file.</summary>
    /// <param name="socket">The socket. It does not listen yet.</param>
    /// <param name="endpoint">The path.</param>
    /// <param name="mode">The permissions of the file. Null: those that the system gives it.</param>
    /// <exception cref="SocketException"><c>bind()</c> failed.</exception>
    /// <exception cref="IOException">The path is not valid for a socket.</exception>
    public static UnixSocketFile? Bind(Socket socket, UnixDomainSocketEndPoint endpoint, UnixFileMode? mode)
    {
        if (UnixSocketAddress.GetPath(endpoint) is not { } path)
        {
            new UnixSocketAddress(endpoint).Bind(socket);
            return null;
        }

        if (UnixPathText.FindProblem(path) is { } problem)
            throw new IOException($"Cannot listen on {UnixPathText.Shown(path)}: {problem}. Choose another path.");
        var full = Path.GetFullPath(path);
        using (var pathLock = UnixPathLock.Acquire(full))
        {
            if (pathLock.IsHeld)
                RemoveStale(endpoint, full);
            new UnixSocketAddress(endpoint).Bind(socket);
            // Clients cannot connect before listen().
            if (mode is { } permissions && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(full, permissions);
        }

        return new(full, ReadEntry(endpoint, full));
    }

    /// <summary>Returns the file of a socket that another process has bound and handed over. Null for an abstract name.</summary>
    public static UnixSocketFile? Attach(UnixDomainSocketEndPoint endpoint)
    {
        if (UnixSocketAddress.GetPath(endpoint) is not { } path)
            return null;
        var full = Path.GetFullPath(path);
        var entry = ReadEntry(endpoint, full);
        return entry.Kind is PathKind.Socket or PathKind.Unknown ? new(full, entry) : null; // The file may be gone.
    }

    /// <summary>Returns whether a server listens on the socket at this path.</summary>
    public static UnixSocketStatus GetStatus(UnixDomainSocketEndPoint endpoint)
    {
        // On the socket of a stream server, connecting a datagram socket fails with EPROTOTYPE, also before listen(), and the
        // server does not see it. Windows has no such sockets: there, the server sees a client that disconnects at once. The
        // connect does not block, because the backlog may be full.
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

    /// <summary>Whether the path still has this file.</summary>
    public bool Exists => _entry.Kind is not PathKind.Nothing && PathEntry.Read(_path) == _entry;

    /// <summary>Deletes the file, unless the path now has another one.</summary>
    public void Delete() => DeleteIf(_path, _entry);

    private static void RemoveStale(UnixDomainSocketEndPoint endpoint, string path)
    {
        var entry = ReadEntry(endpoint, path);
        // Linux refuses a connect to a file that is not a socket with the same error; elsewhere the error differs.
        var isSocket = entry.Kind is PathKind.Socket || (entry.Kind is PathKind.Unknown && !OperatingSystem.IsLinux());
        if (isSocket && GetStatus(endpoint) is UnixSocketStatus.Stale)
            DeleteIf(path, entry);
    }

    /// <summary>
    /// Reads the entry at the path. Returns none if the path has a link before "..", which the system and .NET, which deletes,
    /// resolve to different files.
    /// </summary>
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
            // At start, bind() reports that the path is in use. At stop, this process has lost its permission on the directory;
            // the stale socket that is left is replaced by the next server.
        }
    }
}

internal enum UnixSocketStatus
{
    Stale,
    Alive,

    /// <summary>This user may not connect.</summary>
    Inaccessible,
}
