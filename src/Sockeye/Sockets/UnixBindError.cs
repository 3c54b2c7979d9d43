using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Turns the error of <c>bind()</c> on a path into a sentence, by what lies there.</summary>
internal static class UnixBindError
{
    /// <summary>Null where the path is not the reason.</summary>
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
            "the path is a symbolic link, which is not replaced. Listen on what it points to, or remove the link.",
        PathKind.OtherFile => "the path is a file that is not a socket. Remove it, or choose another path.",
        PathKind.Nothing => "what was at the path a moment ago is gone. Try again.",
        _ => UnixSocketFile.GetStatus(endpoint) switch
        {
            UnixSocketStatus.Alive => "a server listens there already. Stop it, or choose another path.",
            UnixSocketStatus.Inaccessible => "a socket is there that this user may not use. Remove it if no server needs it, or "
                + "choose another path.",
            _ => "a server that has ended left something there that is not replaced: this user may not remove it, or another "
                + "server is being started there. Remove it, or choose another path.",
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
            // ENOENT below /proc, and all that .NET has no word for: read-only and full file systems, loops of links.
            SocketError.AddressNotAvailable or SocketError.SocketError =>
                $"the system takes no new file in {directory}: it may be read-only or full. Choose another path.",
            _ => null,
        };
    }
}
