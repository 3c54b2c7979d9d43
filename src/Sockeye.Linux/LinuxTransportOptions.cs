namespace Sockeye.Linux;

/// <summary>The options of <see cref="LinuxTransport"/>. They are read once, when the transport is constructed.</summary>
public sealed class LinuxTransportOptions
{
    /// <summary>
    /// Gets or sets the engine. Default: <see cref="LinuxEngine.Auto"/>, with which the environment variable
    /// <c>SOCKEYE_ENGINE</c> (<c>io_uring</c>, <c>epoll</c> or <c>sockets</c>) decides, if it is set. If an engine that was asked
    /// for cannot run here, the constructor of the transport throws and says why.
    /// </summary>
    public LinuxEngine Engine { get; set; } = LinuxEngine.Auto;

    /// <summary>
    /// Gets or sets the number of engine threads. Default: null, which is one for each processor with inline handlers, otherwise one for
    /// two processors. Range: 1 to 256.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public int? ThreadCount
    {
        get;
        set => field = value is null or (>= 1 and <= 256)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(ThreadCount), value, "ThreadCount must be from 1 to 256.");
    }

    /// <summary>
    /// Gets or sets how connections reach the engine threads. Default: <see cref="LinuxAcceptMode.LeastLoaded"/>.
    /// </summary>
    public LinuxAcceptMode AcceptMode { get; set; }

    /// <summary>Gets or sets the options that all transports share: backlog, buffers, timeouts, where handlers run.</summary>
    public SocketTransportOptions Sockets { get; set; } = new();
}
