using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Sockeye;

/// <summary>The right to replace a stale socket, for one server at a time: of two that find it, the slower one would delete the
/// faster one's.</summary>
/// <remarks>
/// On Linux it is an abstract name, which the system frees with its holder. It is known by the directory's inode: one path has
/// many spellings. Servers in other network namespaces, and other programs, do not see it.
/// </remarks>
internal readonly struct UnixPathLock : IDisposable
{
    private readonly Socket? _name;

    private UnixPathLock(bool isMine, Socket? name) => (IsHeld, _name) = (isMine, name);

    /// <summary>Whether stale sockets may be replaced.</summary>
    public bool IsHeld { get; }

    /// <param name="path">An absolute one.</param>
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
            // Where the system forbids abstract names, there are no turns.
            return new(isMine: e.SocketErrorCode is not SocketError.AddressAlreadyInUse, null);
        }
    }

    public void Dispose() => _name?.Dispose();
}
