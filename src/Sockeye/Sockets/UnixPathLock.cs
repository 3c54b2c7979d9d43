using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Sockeye;

/// <summary>
/// A lock that allows one server at a time to replace a stale socket. Without it, the slower of two servers would delete the
/// socket of the faster one.
/// </summary>
/// <remarks>
/// On Linux it is an abstract socket name, which the system releases with its process. The name has the inode of the directory,
/// because one path has many spellings. Servers in other network namespaces, and other programs, do not see it.
/// </remarks>
internal readonly struct UnixPathLock : IDisposable
{
    private readonly Socket? _name;

    private UnixPathLock(bool isMine, Socket? name) => (IsHeld, _name) = (isMine, name);

    /// <summary>Whether this process has the lock, and may replace stale sockets.</summary>
    public bool IsHeld { get; }

    /// <param name="path">The absolute path of the socket.</param>
    public static UnixPathLock Acquire(string path)
    {
        if (!OperatingSystem.IsLinux())
            return new(isMine: true, null);
        var directory = PathEntry.Read(Path.Combine(Path.GetDirectoryName(path) ?? "/", "."));
        var file = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFileName(path))), 0, 16);
        var name = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            name.Bind(new UnixDomainSocketEndPoint($"\0sockeye-bind-{directory.Device:x}-{directory.Inode:x}-{file}"));
            return new(isMine: true, name);
        }
        catch (SocketException e)
        {
            name.Dispose();
            // If the system forbids abstract names, there is no lock, and each server may replace.
            return new(isMine: e.SocketErrorCode is not SocketError.AddressAlreadyInUse, null);
        }
    }

    public void Dispose() => _name?.Dispose();
}
