namespace Sockeye.Linux;

/// <summary>Numbers of the kernel's interface, the same on x86-64 and arm64.</summary>
internal static class Constants
{
    public const int SocketNonBlocking = 0x800; // SOCK_NONBLOCK
    public const int SocketCloseOnExec = 0x80000; // SOCK_CLOEXEC
    public const int MessageNoSignal = 0x4000; // MSG_NOSIGNAL
    public const int MessageDoNotWait = 0x40; // MSG_DONTWAIT
    public const int ShutdownWrite = 1; // SHUT_WR
    public const int ShutdownBoth = 2; // SHUT_RDWR
    public const int DuplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC

    public const int LevelSocket = 1; // SOL_SOCKET
    public const int OptionType = 3; // SO_TYPE
    public const int OptionError = 4; // SO_ERROR
    public const int OptionLinger = 13; // SO_LINGER
    public const int OptionReusePort = 15; // SO_REUSEPORT
    public const int OptionListening = 30; // SO_ACCEPTCONN
    public const int OptionDomain = 39; // SO_DOMAIN
    public const int OptionMemory = 55; // SO_MEMINFO, since Linux 4.12
    public const int LevelTcp = 6; // IPPROTO_TCP
    public const int OptionTcpInfo = 11; // TCP_INFO

    public const int FamilyUnix = 1; // AF_UNIX
    public const int FamilyIPv4 = 2; // AF_INET
    public const int FamilyIPv6 = 10; // AF_INET6

    public const int EventCloseOnExec = 0x80000; // EFD_CLOEXEC
    public const int EventNonBlocking = 0x800; // EFD_NONBLOCK
}
