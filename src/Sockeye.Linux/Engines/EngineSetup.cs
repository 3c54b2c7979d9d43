namespace Sockeye.Linux;

/// <summary>What the threads of one transport share.</summary>
internal sealed class EngineSetup(LinuxEngine engine, SocketTransportOptions sockets)
{
    public LinuxEngine Engine => engine;

    public string EngineName => EngineNames.GetName(engine);

    public SocketTransportOptions Sockets { get; } = sockets;

    public StreamConnectionOptions Connections => Sockets.ConnectionOptions;

    public bool RunsHandlersInline => Sockets.UnsafePreferInlineScheduling;

    public EngineErrorLog ErrorLog { get; set; } = new();

    public SegmentPool Pool { get; init; } = new();

    public RingSizes RingSizes { get; init; } = RingSizes.Default;

    /// <summary>Refuses to registration a descriptor in the system's place, for a test.</summary>
    public Func<int, Errno> RefuseToRegister { get; init; } = static _ => Errno.None;

    /// <summary>Does without what only Linux 6.17 and later have, for a test.</summary>
    public bool AvoidsReceiveLimit { get; init; }
}
