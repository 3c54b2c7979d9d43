using System.Net.Sockets;
using System.Text;

namespace Sockeye;

/// <summary>Parses the path of a Unix socket in code, on a command line or in a configuration.</summary>
internal static class UnixPathText
{
    /// <summary>Gets the reason why no path can be that of a socket; null if the system has Unix sockets.</summary>
    public static string? SystemProblem => Socket.OSSupportsUnixDomainSockets ? null
        : OperatingSystem.IsWindows() ? "this system has no Unix sockets (Windows has them since Windows 10 1803 and Server 2019)"
        : "this system has no Unix sockets";

    /// <summary>The size of <c>sun_path</c> without the NUL at its end: unix(7), and the same of macOS.</summary>
    private static int MaxLength => OperatingSystem.IsMacOS() ? 103 : 107;

    /// <summary>Returns the endpoint. Returns null and an error for a path that cannot be one.</summary>
    public static UnixDomainSocketEndPoint? Parse(string path, out string? error)
    {
        error = (IsAbstract(path) ? FindNameProblem(path) : FindProblem(path)) ?? SystemProblem;
        return error is null ? new(path) : null;
    }

    /// <summary>Returns why a path cannot be that of a socket; null if it can.</summary>
    public static string? FindProblem(string path)
    {
        var length = Encoding.UTF8.GetByteCount(path);
        return path.Length == 0 ? "the path is missing"
            : path.Contains('\0', StringComparison.Ordinal) ? "a path has no NUL inside it"
            : path[^1] is '/' ? "the path ends in a slash, as that of a directory does"
            : length > MaxLength ? $"the path is too long for this system: it has {length} bytes, and may have {MaxLength}"
            : null;
    }

    /// <summary>Returns the path for messages: a NUL would end the line in many terminals and logs.</summary>
    public static string Shown(UnixDomainSocketEndPoint endpoint) => Shown(endpoint.ToString());

    /// <inheritdoc cref="Shown(UnixDomainSocketEndPoint)"/>
    public static string Shown(string path) => path.Replace("\0", "\\0", StringComparison.Ordinal);

    private static bool IsAbstract(string path) => path is ['\0', ..];

    private static string? FindNameProblem(string name)
    {
        var (length, most) = (Encoding.UTF8.GetByteCount(name) - 1, MaxLength);
        return !OperatingSystem.IsLinux() ? "abstract names (@name) are only in Linux"
            : length == 0 ? "the name is missing"
            : length > most ? $"the name is too long for this system: it has {length} bytes, and may have {most}"
            : null;
    }
}
