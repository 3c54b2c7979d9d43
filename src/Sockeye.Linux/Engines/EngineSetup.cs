namespace Sockeye.Linux;

/// <summary>The settings and resources that the threads of a transport share.</summary>
internal sealed class EngineSetup(LinuxEngine engine, SocketTransportOptions sockets)
{
    public LinuxEngine Engine => engine;

    public string EngineName => EngineNames.GetName(engine);

    public SocketTransportOptions Sockets { get; } = sockets;

    public TransportConnectionOptions Connections { get; init; } = sockets.ToConnectionOptions();

    public bool RunsHandlersInline => Sockets.UnsafePreferInlineScheduling;

    public EngineErrorLog ErrorLog { get; set; } = new();

    public SegmentPool Pool { get; init; } = new();

    /// <summary>The calls of the system. A simulation replaces them.</summary>
    public SystemCalls Kernel { get; init; } = SystemCalls.Kernel;

    /// <summary>The threads of the engines. A simulation replaces them.</summary>
    public ThreadProvider Threads { get; init; } = ThreadProvider.Process;

    /// <summary>Refuses to register a descriptor, instead of the system; used by tests.</summary>
    public Func<int, Errno> RefuseToRegister { get; init; } = static _ => Errno.None;

    /// <summary>Creates the exception for calls after the transport was disposed.</summary>
    public static ObjectDisposedException CreateDisposedException() => new("Sockeye.Linux.LinuxTransport");
}
