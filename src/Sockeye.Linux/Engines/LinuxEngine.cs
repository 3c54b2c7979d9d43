namespace Sockeye.Linux;

/// <summary>The mechanism by which <see cref="LinuxTransport"/> receives and sends.</summary>
public enum LinuxEngine
{
    /// <summary>The best engine that the system allows: io_uring, else epoll, else the portable transport.</summary>
    Auto,

    /// <summary>io_uring(7), on Linux 6.1 and later, if the system permits it.</summary>
    IoUring,

    /// <summary>epoll(7), on every Linux, also under the default seccomp profiles of containers.</summary>
    Epoll,

    /// <summary>The portable transport (<see cref="SocketTransport"/>), on every system that .NET runs on.</summary>
    Sockets,
}
