namespace Sockeye.Linux;

/// <summary>What the threads of one transport share.</summary>
internal sealed class EngineSetup(LinuxEngine engine, SocketTransportOptions sockets)
{
    public string EngineName { get; } = engine is LinuxEngine.IoUring ? "io_uring" : "epoll";

    public SocketTransportOptions Sockets { get; } = sockets;

    public StreamConnectionOptions Connections => Sockets.ConnectionOptions;

    public bool RunsInline => Sockets.UnsafePreferInlineScheduling;

    public SegmentPool Pool { get; } = new();
}
