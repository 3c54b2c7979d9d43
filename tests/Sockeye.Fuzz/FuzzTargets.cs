using Sockeye.Fuzz.Targets;

namespace Sockeye.Fuzz;

/// <summary>All targets.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        FrameTargets.Lines, FrameTargets.Delimited, FrameTargets.FixedSize, FrameTargets.LengthPrefixed, FrameTargets.Varint,
        FrameTargets.Netstring, JsonTarget.Json, ProxyTarget.Proxy, HttpTargets.Http, ClusterTarget.Cluster, TextTargets.EndPoint,
        TextTargets.Duration,
    ];

    public static FuzzTarget Find(string name) =>
        All.FirstOrDefault(target => target.Name == name) ?? throw new ArgumentException(
            $"There is no target {name}: choose one of {string.Join(", ", All)}.");
}
