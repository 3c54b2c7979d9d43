using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sockeye;

/// <summary>
/// The address of a Unix socket whose path <see cref="UnixDomainSocketEndPoint"/> cannot represent (it is not UTF-8, or fills the
/// whole address) or would print unescaped (it has line ends or other control characters). Only addresses of peers have this
/// type.
/// </summary>
public sealed class UnixPathEndPoint : EndPoint
{
    /// <summary>
    /// The maximum length in bytes of a path in <c>struct sockaddr_un</c> of Linux, unix(7), and in a PROXY header.
    /// </summary>
    internal const int MaxLength = 108;

    // sockaddr_un begins with two bytes for the family, on macOS for length and family.
    private const int PathOffset = 2;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _path;

    private UnixPathEndPoint(byte[] path) => _path = path;

    /// <summary>
    /// Gets the path as the system represents it: 1 to 108 bytes, which begin with NUL for an abstract name (unix(7)).
    /// </summary>
    public ReadOnlyMemory<byte> Path => _path;

    /// <inheritdoc/>
    public override AddressFamily AddressFamily => AddressFamily.Unix;

    /// <inheritdoc/>
    public override SocketAddress Serialize()
    {
        var address = new SocketAddress(AddressFamily.Unix, PathOffset + _path.Length);
        _path.CopyTo(address.Buffer.Span[PathOffset..]);
        return address;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is UnixPathEndPoint other && _path.AsSpan().SequenceEqual(other._path);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_path);
        return hash.ToHashCode();
    }

    /// <summary>
    /// Returns the path, safe to print (see <see cref="PrintableText"/>). "@" stands for the NUL of an abstract name.
    /// </summary>
    public override string ToString() =>
        _path is [0, .. var name] ? "@" + PrintableText.Escape(name) : PrintableText.Escape(_path);

    /// <summary>Converts the endpoint that the system reports for a socket to one that prints safely.</summary>
    /// <param name="endpoint">The endpoint. If it is not that of a Unix socket, or prints safely, it is returned.</param>
    public static EndPoint? ToPrintable(EndPoint? endpoint)
    {
        if (endpoint is not UnixDomainSocketEndPoint unix || IsSafe(unix))
            return endpoint;
        var address = unix.Serialize();
        var path = address.Buffer.Span[PathOffset..address.Size];
        return new UnixPathEndPoint((path[0] == 0 ? path : path.TrimEnd((byte)0)).ToArray());
    }

    /// <summary>Returns whether an endpoint is the address of a Unix socket.</summary>
    internal static bool IsUnix(EndPoint? endpoint) => endpoint is UnixDomainSocketEndPoint or UnixPathEndPoint;

    /// <summary>
    /// Creates an endpoint of a path: that of .NET if it prints safely, otherwise an instance of this class. Null for an empty
    /// path.
    /// </summary>
    internal static EndPoint? Create(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
            return null;
        try
        {
            var endpoint = new UnixDomainSocketEndPoint(StrictUtf8.GetString(path));
            return IsSafe(endpoint) ? endpoint : new UnixPathEndPoint(path.ToArray());
        }
        catch (Exception e) when (e is ArgumentException or PlatformNotSupportedException)
        {
            return new UnixPathEndPoint(path.ToArray()); // Not UTF-8, or too long for .NET on this system.
        }
    }

    // .NET replaces bytes that are not UTF-8 by U+FFFD, so that different paths would look the same.
    private static bool IsSafe(UnixDomainSocketEndPoint endpoint) => endpoint.ToString() is var text
        && ReferenceEquals(PrintableText.Escape(text), text) && !text.Contains('\uFFFD', StringComparison.Ordinal);
}
