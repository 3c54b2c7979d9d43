using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Scenarios;

/// <summary>All that can be compared, in the order of the report.</summary>
internal static class ScenarioList
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("ping-64", "Ping-pong, 64 connections × 64 B", LoadKind.Ping, 64, 64),
        new("pipelined", "Pipelined × 16, 64 connections × 64 B", LoadKind.Ping, 64, 64, Depth: 16),
        new("ping-1", "Ping-pong, 1 connection × 64 B", LoadKind.Ping, 1, 64),
        new("ping-1000", "Ping-pong, 1,000 connections × 64 B", LoadKind.Ping, 1000, 64),
        new("ping-4k", "Ping-pong, 64 connections × 4 KiB", LoadKind.Ping, 64, 4096),
        new("bulk", "Bulk, 4 connections × 64 KiB, 4 in flight on each", LoadKind.Stream, 4, 64 * 1024, Depth: 4)
        {
            Figures = Figure.Bulk,
        },
        new("connect", "Connect, echo 64 B, close; 32 concurrent", LoadKind.Connect, 32, 64) { Unit = "connection" },
        new("idle", "Memory of 10,000 idle connections, each after one echo", LoadKind.Idle, 10_000, 64)
        {
            Unit = "connection",
            Figures = Figure.Idle,
        },
        new("broadcast", "Broadcast of 64 B to 5,000 connections", LoadKind.Broadcast, 5_000, 64)
        {
            Modes = [ServerMode.Broadcast],
        },
        new("codec", "Length-prefixed messages, 64 connections × 64 B: codec and raw bytes", LoadKind.Ping, 64, 64)
        {
            Modes = [ServerMode.Echo, ServerMode.Codec],
        },
        new("codec-pipelined", "Length-prefixed messages, pipelined × 16: codec and raw bytes", LoadKind.Ping, 64, 64, Depth: 16)
        {
            Modes = [ServerMode.Echo, ServerMode.Codec],
        },
        new("tls", "TLS 1.3, ping-pong, 64 connections × 64 B", LoadKind.Ping, 64, 64) { Modes = [ServerMode.Tls] },
        new("tls-bulk", "TLS 1.3, ping-pong, 4 connections × 64 KiB", LoadKind.Ping, 4, 64 * 1024) { Modes = [ServerMode.Tls] },
        new("tls-connect", "Connect, TLS 1.3 handshake, echo 64 B, close; 16 concurrent", LoadKind.Connect, 16, 64)
        {
            Modes = [ServerMode.Tls],
            ResumesTls = false,
            Unit = "connection",
        },
        new("tls-resume", "The same, with resumed sessions", LoadKind.Connect, 16, 64)
        {
            Modes = [ServerMode.Tls],
            Unit = "connection",
        },
        new("tls-idle", "Memory of 1,000 idle TLS connections, each after one echo", LoadKind.Idle, 1_000, 64)
        {
            Modes = [ServerMode.Tls],
            Unit = "connection",
            Figures = Figure.Idle,
        },
    ];
}
