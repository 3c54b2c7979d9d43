namespace Sockeye.Linux;

/// <summary>What the threads of one transport share.</summary>
internal sealed class EngineSetup(LinuxEngine engine, SocketTransportOptions sockets)
{
    public LinuxEngine Engine => engine;

    public string EngineName => EngineNames.GetName(engine);

    public SocketTransportOptions Sockets { get; } = sockets;

    public TransportConnectionOptions Connections { get; } = sockets.ToConnectionOptions();

    public bool RunsHandlersInline => Sockets.UnsafePreferInlineScheduling;

    public EngineErrorLog ErrorLog { get; set; } = new();

    public SegmentPool Pool { get; init; } = new();

    /// <summary>For a test: refuses to register a descriptor, in place of the system.</summary>
    public Func<int, Errno> RefuseToRegister { get; init; } = static _ => Errno.None;

    /// <summary>The exception for calls after the transport was disposed.</summary>
    public static ObjectDisposedException CreateDisposedException() => new("Sockeye.Linux.LinuxTransport");
}
