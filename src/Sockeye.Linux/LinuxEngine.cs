namespace Sockeye.Linux;

/// <summary>What receives and sends for <see cref="LinuxTransport"/>.</summary>
public enum LinuxEngine
{
    /// <summary>The best that this system allows: io_uring, else epoll, else the portable transport.</summary>
    Auto,

    /// <summary>io_uring(7), Linux 6.1 and later, where nothing forbids it.</summary>
    IoUring,

    /// <summary>epoll(7): every Linux, also under the default seccomp profiles of containers.</summary>
    Epoll,

    /// <summary>The portable transport (<see cref="SocketTransport"/>): every system that .NET runs on.</summary>
    Sockets,
}
