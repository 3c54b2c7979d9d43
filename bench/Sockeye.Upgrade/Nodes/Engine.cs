using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;

namespace Sockeye.Upgrade.Nodes;

/// <summary>The engines by name.</summary>
internal static class Engine
{
    public static IReadOnlyList<string> All { get; } = ["io_uring", "epoll", "sockets"];

    public static IConnectionListenerFactory Create(string name) => name switch
    {
        "sockets" => new SocketTransport(),
        "epoll" => new LinuxTransport(new() { Engine = LinuxEngine.Epoll }),
        _ => new LinuxTransport(new() { Engine = LinuxEngine.IoUring }),
    };
}
