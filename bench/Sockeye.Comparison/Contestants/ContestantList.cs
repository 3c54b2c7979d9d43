using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Contestants;

/// <summary>All that can take part, in the order of the tables.</summary>
internal static class ContestantList
{
    private static readonly ServerMode[] AllModes = [ServerMode.Codec, ServerMode.Broadcast, ServerMode.Tls];

    public static IReadOnlyList<Contestant> All { get; } =
    [
        new("sockeye-uring-inline", "Sockeye io_uring, inline", AllModes),
        new("sockeye-uring", "Sockeye io_uring", AllModes),
        new("sockeye-epoll-inline", "Sockeye epoll, inline", AllModes),
        new("sockeye-epoll", "Sockeye epoll", AllModes),
        new("sockeye-sockets-inline", "Sockeye portable, inline", AllModes) { InlineCompletions = true },
        new("sockeye-sockets", "Sockeye portable", AllModes),
        new("socket-inline", "raw Socket, inline completions", ServerMode.Broadcast) { InlineCompletions = true },
        new("socket", "raw Socket", ServerMode.Broadcast),
        new("kestrel-inline", "Kestrel, inline", ServerMode.Broadcast, ServerMode.Tls) { InlineCompletions = true },
        new("kestrel", "Kestrel", ServerMode.Broadcast, ServerMode.Tls),
        new("netcoreserver", "NetCoreServer"),
        new("dotnetty", "DotNetty"),
        new("unofficial-pipelines", "Pipelines.Sockets.Unofficial"),
        new("node", "node net") { Peer = PeerList.Node },
        new("go", "Go net") { Peer = PeerList.Go },
        new("netty", "Netty (NIO)") { Peer = PeerList.Netty },
        new("tokio", "Rust tokio") { Peer = PeerList.Tokio },
        new("c-epoll", "C epoll") { Peer = PeerList.CEpoll },
        new("c-uring", "C io_uring") { Peer = PeerList.CUring },
    ];

    public static Contestant? Find(string name) => All.FirstOrDefault(contestant => contestant.Name == name);
}
