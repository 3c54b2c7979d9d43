using Sockeye.Comparison.Scenarios;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Targets;

/// <summary>The targets of Sockeye's transports: ratios of processor time per message, unless stated otherwise.</summary>
internal static class TargetList
{
    /// <summary>Epoll may cost so much more than io_uring.</summary>
    private const double EpollAllowance = 1.10;

    /// <summary>What the questions for the figure cost themselves is below this, and one object a message is far above.</summary>
    private const double NoAllocation = 0.5;

    private const double LongestStallMs = 10;

    private const double IdleBytes = 1200;

    /// <summary>1.25 times as many handshakes in the same time of the processor.</summary>
    private const double HandshakeRatio = 1 / 1.25;

    public static IReadOnlyList<Target> All { get; } =
    [
        .. Engines("ping-64", "", "kestrel", 0.60),
        .. Engines("ping-64", "", "kestrel-inline", 1.00),
        .. Engines("ping-64", "", "netcoreserver", 0.70),
        .. Engines("ping-64", "", "socket", 0.70),
        .. Inline("kestrel-inline", 0.80),
        .. Inline("c-epoll", 1.10),
        .. Engines("ping-64", "-inline", "go", 0.95),
        .. Engines("ping-64", "-inline", "netty", 0.90),
        .. Engines("ping-64", "-inline", "node", 0.85),
        new("ping-64", "sockeye-uring-inline", "tokio", 1.00),
        new("ping-64", "sockeye-uring-inline", "c-uring", 1.20),
        .. Engines("bulk", "", "kestrel", 0.40),
        .. Engines("bulk", "-inline", "kestrel", 0.40),
        .. Engines("bulk", "-inline", "c-epoll", 1.50),
        .. Engines("bulk", "", null, LongestStallMs, Figure.Stall),
        .. Engines("bulk", "-inline", null, LongestStallMs, Figure.Stall),
        .. Engines("connect", "", "kestrel", 0.60),
        .. Engines("idle", "", "kestrel", 0.35, Figure.Memory),
        .. Codec(),
        .. Portable(),
        .. Both("ping-64", "", "c-epoll", 1.10),
        .. Both("pipelined", "", "c-epoll", 1.10),
        .. Both("bulk", "", "c-epoll", 1.25),
        .. Both("bulk", "-inline", "c-epoll", 1.25),
        .. Both("connect", "", "c-epoll", 1.20),
        .. Tls(),
        .. Both("idle", "", null, IdleBytes, Figure.Memory),
        .. Both("broadcast", "", null, NoAllocation, Figure.Allocated)
            .Select(target => target with { Mode = ServerMode.Broadcast }),
        .. Engines("ping-64", "", null, NoAllocation, Figure.Allocated),
        .. Engines("ping-64", "-inline", null, NoAllocation, Figure.Allocated),
        .. Engines("codec", "", null, NoAllocation, Figure.Allocated).Select(ForCodec),
        .. Engines("codec", "-inline", null, NoAllocation, Figure.Allocated).Select(ForCodec),
    ];

    private static IEnumerable<Target> Inline(string reference, double limit) =>
        ((string[])["ping-64", "pipelined"]).SelectMany(scenario => Engines(scenario, "-inline", reference, limit));

    /// <summary>The same for both engines; the allowance is for processor time only.</summary>
    private static IEnumerable<Target> Engines(
        string scenario, string scheduling, string? reference, double limit, Figure? figure = null)
    {
        var uring = new Target(scenario, $"sockeye-uring{scheduling}", reference, limit) { Figure = figure ?? Figure.Cpu };
        yield return uring;
        yield return uring with
        {
            Subject = $"sockeye-epoll{scheduling}",
            Limit = uring.Figure == Figure.Cpu ? limit * EpollAllowance : limit,
        };
    }

    /// <summary>The same for both engines, without an allowance.</summary>
    private static IEnumerable<Target> Both(
        string scenario, string scheduling, string? reference, double limit, Figure? figure = null) =>
        ((string[])["sockeye-uring", "sockeye-epoll"]).Select(
            engine => new Target(scenario, engine + scheduling, reference, limit) { Figure = figure ?? Figure.Cpu });

    /// <summary>The portable transport, which serves Windows and macOS, and most clients.</summary>
    private static IEnumerable<Target> Portable() =>
    [
        new("ping-64", "sockeye-sockets", "kestrel", 0.95),
        new("pipelined", "sockeye-sockets", "kestrel", 0.80),
        new("bulk", "sockeye-sockets", "kestrel", 0.45),
        new("connect", "sockeye-sockets", "kestrel", 0.75),
        new("ping-64", "sockeye-sockets-inline", "socket-inline", 1.05),
    ];

    private static IEnumerable<Target> Tls() => ((IEnumerable<Target>)
    [
        .. Both("tls", "", "kestrel", 0.60),
        new("tls", "sockeye-sockets", "kestrel", 0.95),
        .. Both("tls", "", null, NoAllocation, Figure.Allocated),
        .. Both("tls-bulk", "", "kestrel", 0.60),
        .. Both("tls-connect", "", "kestrel", HandshakeRatio),
        .. Both("tls-resume", "", "kestrel", HandshakeRatio),
        .. Both("tls-idle", "", "kestrel", 0.60, Figure.Memory),
    ]).Select(target => target with { Mode = ServerMode.Tls });

    /// <summary>Against the same server without the codec, so that neither engine needs an allowance.</summary>
    private static IEnumerable<Target> Codec() =>
    [
        .. Both("codec", "-inline", null, 1.15).Select(ForCodec).Select(target => target with { Reference = target.Subject }),
        .. Both("codec-pipelined", "-inline", null, 1.25).Select(ForCodec)
            .Select(target => target with { Reference = target.Subject }),
    ];

    private static Target ForCodec(Target target) => target with { Mode = ServerMode.Codec };
}
