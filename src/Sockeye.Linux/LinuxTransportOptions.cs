namespace Sockeye.Linux;

/// <summary>How <see cref="LinuxTransport"/> works. Read once, when the transport is constructed.</summary>
public sealed class LinuxTransportOptions
{
    /// <summary>
    /// The engine, default <see cref="LinuxEngine.Auto"/>. The environment variable <c>SOCKEYE_ENGINE</c> (<c>io_uring</c>,
    /// <c>epoll</c> or <c>sockets</c>) decides where this is <see cref="LinuxEngine.Auto"/>. An engine that was asked for and
    /// cannot run here is an error that says why.
    /// </summary>
    public LinuxEngine Engine { get; set; } = LinuxEngine.Auto;

    /// <summary>
    /// Engine threads, each with connections of its own; null (the default): one a processor with inline handlers, else one for
    /// two. Range: 1 to 256.
    /// </summary>
    public int? ThreadCount
    {
        get;
        set => field = value is null or (>= 1 and <= 256)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(ThreadCount), value, "ThreadCount must be from 1 to 256.");
    }

    /// <summary>How connections reach the engine threads, default <see cref="LinuxAcceptMode.LeastLoaded"/>.</summary>
    public LinuxAcceptMode AcceptMode { get; set; }

    /// <summary>What is the same for every transport: backlog, buffers, timeouts, where handlers run.</summary>
    public SocketTransportOptions Sockets { get; set; } = new();
}
