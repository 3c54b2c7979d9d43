namespace Sockeye.Fleet.Running;

/// <summary>What was measured on: the first and the last line of a run.</summary>
internal static class Machine
{
    public static string Describe(RunOptions options, TimeProvider time) =>
        $"{time.GetUtcNow():yyyy-MM-dd}, {Processor()}, {Environment.ProcessorCount} processors, Linux "
        + $"{Environment.OSVersion.Version}, .NET {Environment.Version}. {options.Rounds} rounds of "
        + $"{options.Duration.TotalSeconds} s, in turn. {DescribeLoad()}";

    /// <summary>The load of the machine, so that a reader knows whether it was quiet.</summary>
    public static string DescribeLoad()
    {
        var load = File.ReadAllText("/proc/loadavg").Split(' ');
        return $"Load average (1, 5, 15 minutes): {string.Join(", ", load.Take(3))}.";
    }

    private static string Processor() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            ?.Split(':', 2)[1].Trim() ?? "unknown processor";
}
