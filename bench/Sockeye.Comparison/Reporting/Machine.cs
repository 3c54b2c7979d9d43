using System.Runtime.InteropServices;
using Sockeye.Comparison.Measuring;
using Sockeye.Comparison.Running;

namespace Sockeye.Comparison.Reporting;

/// <summary>What was measured on, with what: the first lines of a report.</summary>
internal static class Machine
{
    public static IReadOnlyList<string> Describe(RunOptions options, string load, TimeProvider time) =>
    [
        $"{time.GetUtcNow():yyyy-MM-dd}, {Processor()}, {Processors.All()} processors, Linux {Kernel()}, "
            + $".NET {Environment.Version}.",
        $"Servers on processor {options.ServerProcessor}, load on processor {options.LoadProcessor}, by {load}.",
        $"{options.Rounds} rounds of windows of {options.Window.TotalSeconds} s in shuffled order (seed {options.Seed}), after a "
            + $"warm-up of {options.WarmUp.TotalSeconds} s. Medians; in brackets the quartiles.",
    ];

    private static string Kernel() => Environment.OSVersion.Version + " " + RuntimeInformation.OSArchitecture;

    private static string Processor() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            ?.Split(':', 2)[1].Trim() ?? "unknown processor";
}
