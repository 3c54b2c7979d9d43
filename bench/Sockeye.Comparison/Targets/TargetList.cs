using Sockeye.Comparison.Scenarios;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Targets;

/// <summary>What Sockeye's Linux transport is to reach: ratios of processor time per message, unless it says otherwise.</summary>
internal static class TargetList
{
    /// <summary>Epoll may cost so much more than io_uring.</summary>
    private const double EpollAllowance = 1.10;

    /// <summary>What the questions for the figure cost themselves is below this, and one object a message is far above.</summary>
    private const double NoAllocation = 0.5;

    private const double LongestStallMs = 10;

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

    /// <summary>Against the same server without the codec, so that neither engine needs an allowance.</summary>
    private static IEnumerable<Target> Codec() =>
        ((string[])["sockeye-uring-inline", "sockeye-epoll-inline"]).Select(
            server => ForCodec(new Target("codec", server, server, 1.15)));

    private static Target ForCodec(Target target) => target with { Mode = ServerMode.Codec };
}
