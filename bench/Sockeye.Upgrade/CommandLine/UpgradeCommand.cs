using System.CommandLine;
using System.Globalization;
using Sockeye.Comparison.CommandLine;
using Sockeye.Comparison.Measuring;
using Sockeye.Comparison.Reporting;
using Sockeye.Upgrade.Nodes;
using Sockeye.Upgrade.Running;

namespace Sockeye.Upgrade.CommandLine;

/// <summary>A run, from the command line to the table.</summary>
internal static class UpgradeCommand
{
    public static async Task<int> RunAsync(ParseResult parsed)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("Processes pass sockets to each other on Linux only.");
        var connections = parsed.GetValue(Options.Connections) ?? 2000;
        if (DescriptorLimit.Describe(connections) is { } problem)
            throw new RunException($"--connections {connections} {problem}.");
        using var stop = new StopSignal();
        List<UpgradeResult> results = [];
        try
        {
            foreach (var engine in parsed.GetValue(Options.Engines) is { Length: > 0 } engines ? engines : [.. Engine.All])
            {
                results.Add(await new UpgradeRun(
                    engine, connections, parsed.GetValue(Options.Upgrades) ?? 20,
                    TimeSpan.FromMilliseconds(parsed.GetValue(Options.Interval) ?? 200),
                    TimeProvider.System).RunAsync(stop.Token));
            }
        }
        catch (OperationCanceledException) when (stop.IsReceived)
        {
            Console.Error.WriteLine("Stopped.");
            return ExitCodes.Failed;
        }

        var table = CreateTable(results);
        Console.Out.Write(parsed.GetValue(Options.Markdown) ? table.ToMarkdown() : table.ToText());
        return results.TrueForAll(one => one.IsUnnoticed) ? ExitCodes.Done : ExitCodes.Failed;
    }

    /// <summary>A column for each engine, so that the table fits a terminal.</summary>
    private static Table CreateTable(List<UpgradeResult> results)
    {
        (string Name, Func<UpgradeResult, string> Get)[] rows =
        [
            ("connections in the last process", one => $"{Count(one.InLastProcess)} of {Count(one.Connections)}"),
            ("upgrades", one => Count(one.Upgrades)),
            ("moves", one => Count(one.Pauses.TotalCount)),
            ("pause, median, ms", one => Milliseconds(one.Pauses.GetValueAtPercentile(50))),
            ("pause, p99, ms", one => Milliseconds(one.Pauses.GetValueAtPercentile(99))),
            ("pause, longest, ms", one => Milliseconds(one.Pauses.GetValueAtPercentile(100))),
            ("answer, median, ms", one => Milliseconds(one.Answers.GetValueAtPercentile(50))),
            ("answer, p99.9, ms", one => Milliseconds(one.Answers.GetValueAtPercentile(99.9))),
            ("answer, slowest, ms", one => Milliseconds(one.Answers.GetValueAtPercentile(100))),
            ("answers", one => Count(one.Answers.TotalCount)),
            ("clients that connected meanwhile", one => Count(one.Visits)),
            ("failed connects", one => Count(one.FailedConnects)),
            ("connections reset or ended", one => Count(one.Lost)),
            ("wrong answers", one => Count(one.Wrong)),
            ("takeover, median, ms", one => Milliseconds(one.Takeovers.GetValueAtPercentile(50))),
            ("takeover, longest, ms", one => Milliseconds(one.Takeovers.GetValueAtPercentile(100))),
        ];
        return new(
            ["", .. results.Select(one => one.Engine)],
            [.. rows.Select(row => (IReadOnlyList<string>)[row.Name, .. results.Select(row.Get)])]);
    }

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Milliseconds(long microseconds) =>
        (microseconds / 1000.0).ToString("0.0", CultureInfo.InvariantCulture);
}
