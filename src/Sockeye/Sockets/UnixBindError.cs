using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Translates the error of <c>bind()</c> on a path into an exception that describes the entry at the path.</summary>
internal static class UnixBindError
{
    /// <summary>Returns the exception, or null if the path is not the reason.</summary>
    public static Exception? ToException(UnixDomainSocketEndPoint endpoint, SocketException error)
    {
        var shown = UnixPathText.Shown(endpoint);
        if (UnixSocketAddress.GetPath(endpoint) is not { } path)
        {
            return error.SocketErrorCode is not SocketError.AddressAlreadyInUse ? null : new AddressInUseException(
                $"Cannot listen on {shown}: a server has this name already. Stop it, or choose another name.", error);
        }

        path = Path.GetFullPath(path);
        if (error.SocketErrorCode is SocketError.AddressAlreadyInUse)
            return new AddressInUseException($"Cannot listen on {shown}: {DescribeEntry(endpoint, path)}", error);
        return DescribeDirectory(path, error.SocketErrorCode) is { } reason
            ? new IOException($"Cannot listen on {shown}: {reason}", error)
            : null;
    }

    private static string DescribeEntry(UnixDomainSocketEndPoint endpoint, string path) => PathEntry.Read(path).Kind switch
    {
        PathKind.Directory => "the path is a directory. Choose the path of a file in it.",
        PathKind.SymbolicLink =>
            "the path is a symbolic link, which is not replaced. Listen on its target, or remove the link.",
        PathKind.OtherFile => "the path is a file that is not a socket. Remove it, or choose another path.",
        PathKind.Nothing => "the file at the path was removed meanwhile. Try again.",
        _ => UnixSocketFile.GetStatus(endpoint) switch
        {
            UnixSocketStatus.Alive => "a server listens there already. Stop it, or choose another path.",
            UnixSocketStatus.Inaccessible => "the path is a socket that this user may not use. Remove it if no server needs it, "
            + "or choose another path.",
            _ => "the path is a stale socket of a server that has ended. It is not replaced, because this user may not remove "
            + "it, or because another server is starting there. Remove it, or choose another path.",
        },
    };

    private static string? DescribeDirectory(string path, SocketError error)
    {
        var directory = Path.GetDirectoryName(path) ?? "/";
        if (File.Exists(directory))
            return $"{directory} is not a directory. Choose another path.";
        if (!Directory.Exists(directory))
            return $"the directory {directory} does not exist. Create it, or choose another path.";
        return error switch
        {
            SocketError.AccessDenied =>
                $"this user may not create a file in {directory}. Check its permissions, or choose another path.",
            // ENOENT below /proc, and errors that .NET does not distinguish: read-only and full file systems, loops of links.
            SocketError.AddressNotAvailable or SocketError.SocketError =>
                $"the system cannot create a file in {directory}: it may be read-only or full. Choose another path.",
            _ => null,
        };
    }
}
