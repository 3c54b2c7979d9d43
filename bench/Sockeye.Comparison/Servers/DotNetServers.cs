using System.Net;
using Sockeye.Linux;

namespace Sockeye.Comparison.Servers;

/// <summary>The servers that are .NET programs, by name.</summary>
internal static class DotNetServers
{
    private static readonly Dictionary<string, Func<ServerMode, Task<IPEndPoint>>> Servers = new()
    {
        ["sockeye-sockets"] = mode => SockeyeEcho.StartAsync(LinuxEngine.Sockets, inline: false, mode),
        ["sockeye-sockets-inline"] = mode => SockeyeEcho.StartAsync(LinuxEngine.Sockets, inline: true, mode),
        ["sockeye-epoll"] = mode => SockeyeEcho.StartAsync(LinuxEngine.Epoll, inline: false, mode),
        ["sockeye-epoll-inline"] = mode => SockeyeEcho.StartAsync(LinuxEngine.Epoll, inline: true, mode),
        ["sockeye-uring"] = mode => SockeyeEcho.StartAsync(LinuxEngine.IoUring, inline: false, mode),
        ["sockeye-uring-inline"] = mode => SockeyeEcho.StartAsync(LinuxEngine.IoUring, inline: true, mode),
        ["socket"] = RawSocketEcho.StartAsync,
        ["socket-inline"] = RawSocketEcho.StartAsync,
        ["kestrel"] = mode => KestrelEcho.StartAsync(inline: false, mode),
        ["kestrel-inline"] = mode => KestrelEcho.StartAsync(inline: true, mode),
        ["netcoreserver"] = _ => NetCoreServerEcho.StartAsync(),
        ["dotnetty"] = _ => DotNettyEcho.StartAsync(),
        ["unofficial-pipelines"] = _ => UnofficialPipelinesEcho.StartAsync(),
    };

    public static Task<IPEndPoint> StartAsync(string name, ServerMode mode) =>
        Servers.TryGetValue(name, out var start)
            ? start(mode)
            : throw new UnavailableException($"there is no .NET server named {name}");
}
