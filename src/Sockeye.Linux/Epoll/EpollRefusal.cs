using System.Net.Sockets;

namespace Sockeye.Linux;

/// <summary>What it means that epoll_ctl(2) refuses to watch a descriptor, and what to do.</summary>
internal static class EpollRefusal
{
    public static SocketException Of(Errno error)
    {
        var code = error.ToException().SocketErrorCode;
        return new((int)code, $"epoll_ctl (EPOLL_CTL_ADD) was refused: {Explain(error)}");
    }

    private static string Explain(Errno error) => error switch
    {
        Errno.NoSpace => "this user watches as many descriptors as may be (ENOSPC). Raise the limit: " +
            "'sysctl -w fs.epoll.max_user_watches=N'.",
        Errno.NoMemory => "the system has no memory left for it (ENOMEM).",
        _ => $"error {(int)error}, {error}.",
    };
}
