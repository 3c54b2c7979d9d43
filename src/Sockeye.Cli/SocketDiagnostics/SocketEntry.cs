using System.Net.NetworkInformation;

namespace Sockeye.Cli;

/// <summary>The timer that runs for a connection (sock_diag(7)).</summary>
internal enum SocketTimer
{
    None,
    Retransmit,
    KeepAlive,
    TimeWait,
    ZeroWindowProbe,
}

/// <summary>One TCP socket of the system. A list of them is filled again at each snapshot, so that a snapshot allocates
/// nothing.</summary>
internal struct SocketEntry
{
    /// <summary>Gets or sets the number that identifies the socket as long as it exists.</summary>
    public ulong Cookie { get; set; }

    public SocketName Local { get; set; }

    public SocketName Remote { get; set; }

    public TcpState State { get; set; }

    /// <summary>Gets or sets the received bytes that the program has not read; of a listener, the clients to accept.</summary>
    public uint ReceiveQueue { get; set; }

    /// <summary>Gets or sets the written bytes that are not acknowledged; of a listener, the limit of its accept queue.</summary>
    public uint SendQueue { get; set; }

    public uint UserId { get; set; }

    /// <summary>Gets or sets the number by which <c>/proc/PID/fd</c> names the socket; 0 if it belongs to none.</summary>
    public uint Inode { get; set; }

    public SocketTimer Timer { get; set; }

    /// <summary>Gets or sets the time until the timer expires, in milliseconds.</summary>
    public uint TimerExpires { get; set; }

    /// <summary>Gets or sets the times that the oldest segment was sent again.</summary>
    public byte Resent { get; set; }

    /// <summary>Gets or sets the clients that a listener has dropped since it exists; null if unknown.</summary>
    public uint? Drops { get; set; }

    /// <summary>Gets or sets the kernel's measurements; its <see cref="SocketMeasures.IsKnown"/> is false without any.</summary>
    public SocketMeasures Measures { get; set; }
}
