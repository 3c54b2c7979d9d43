namespace Sockeye.Linux;

/// <summary>The events that epoll_ctl(2) requests and epoll_wait(2) reports.</summary>
[Flags]
internal enum EpollEvents : uint
{
    Readable = 0x1, // EPOLLIN
    Urgent = 0x2, // EPOLLPRI
    Writable = 0x4, // EPOLLOUT
    Error = 0x8, // EPOLLERR
    HangUp = 0x10, // EPOLLHUP
    PeerEnded = 0x2000, // EPOLLRDHUP, since 2.6.17
    EdgeTriggered = 1u << 31, // EPOLLET

    Read = Readable | EdgeTriggered,
    Write = Writable | EdgeTriggered,
    Both = Readable | Urgent | Writable | PeerEnded | EdgeTriggered,

    /// <summary>An end or an error follows the received bytes.</summary>
    End = Error | HangUp | PeerEnded,

    /// <summary>Bytes, an end or an error can be received.</summary>
    Received = Readable | Urgent | End,

    /// <summary>A receive may end before the last byte that has arrived: at an end, an error or an urgent mark.</summary>
    CanShortenReceive = Urgent | End,
}
