using System.Net.Sockets;

namespace Sockeye.Linux;

/// <summary>Says what an error of epoll_ctl(2) means, and what to do.</summary>
internal static class EpollErrorText
{
    public static SocketException ToException(Errno error)
    {
        var code = error.ToException().SocketErrorCode;
        return new((int)code, $"epoll_ctl (EPOLL_CTL_ADD) was refused: {Describe(error)}");
    }

    private static string Describe(Errno error) => error switch
    {
        Errno.NoSpace => "this user watches as many descriptors as the limit allows (ENOSPC). Raise the limit: " +
            "'sysctl -w fs.epoll.max_user_watches=N'.",
        Errno.NoMemory => "the system has no memory left for it (ENOMEM).",
        _ => $"error {(int)error}, {error}.",
    };
}
