using System.Net.Sockets;

namespace Sockeye.Linux;

/// <summary>Describes an error of epoll_ctl(2), and its remedy.</summary>
internal static class EpollErrorText
{
    public static SocketException ToException(Errno error)
    {
        var code = error.ToException().SocketErrorCode;
        return new((int)code, $"epoll_ctl (EPOLL_CTL_ADD) was refused: {Describe(error)}");
    }

    private static string Describe(Errno error) => error switch
    {
        Errno.NoSpace => "the limit of watched descriptors of this user is reached (ENOSPC). Raise it: " +
            "'sysctl -w fs.epoll.max_user_watches=N'.",
        Errno.NoMemory => "the system is out of memory (ENOMEM).",
        _ => $"error {(int)error}, {error}.",
    };
}
