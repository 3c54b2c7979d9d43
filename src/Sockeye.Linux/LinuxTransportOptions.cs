namespace Sockeye.Linux;

/// <summary>The options of a <see cref="LinuxTransport"/>, which copies them when it is created.</summary>
public sealed class LinuxTransportOptions
{
    /// <summary>
    /// Gets or sets the engine. Default: <see cref="LinuxEngine.Auto"/>, with which the environment variable
    /// <c>SOCKEYE_ENGINE</c> (<c>io_uring</c>, <c>epoll</c> or <c>sockets</c>) decides, if it is set. If a requested engine
    /// cannot run on this machine, the constructor of the transport throws.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public LinuxEngine Engine { get; set => field = OptionChecks.Defined(value); } = LinuxEngine.Auto;

    /// <summary>
    /// Gets or sets the number of engine threads. Default: null, which is one for each processor with inline handlers, otherwise
    /// one for two processors. Range: 1 to 256.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public int? ThreadCount { get; set => field = OptionChecks.InRange(value, 1, 256); }

    /// <summary>
    /// Gets or sets the way in which connections are distributed over the engine threads. Default:
    /// <see cref="LinuxAcceptMode.LeastLoaded"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public LinuxAcceptMode AcceptMode { get; set => field = OptionChecks.Defined(value); }

    /// <summary>Gets or sets the options that all transports share: backlog, buffers, timeouts, scheduling of handlers.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public SocketTransportOptions Sockets
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(Sockets));
    } = new();
}
