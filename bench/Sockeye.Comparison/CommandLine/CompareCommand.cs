using System.CommandLine;
using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Load;
using Sockeye.Comparison.Measuring;
using Sockeye.Comparison.Reporting;
using Sockeye.Comparison.Running;
using Sockeye.Comparison.Targets;

namespace Sockeye.Comparison.CommandLine;

/// <summary>A run, from the command line to the report.</summary>
internal static class CompareCommand
{
    /// <summary>Set once this process was restarted on its processor.</summary>
    private const string Pinned = "SOCKEYE_COMPARISON_PINNED";

    public static async Task<int> RunAsync(ParseResult parsed, string[] args)
    {
        if (parsed.GetValue(Options.List))
        {
            Console.Out.Write(NameList.Text());
            return ExitCodes.Done;
        }

        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("The comparison needs Linux: it reads /proc and pins processes.");
        if (Programs.Find("taskset") is null)
            throw new PlatformNotSupportedException("The comparison needs taskset, to pin servers: apt-get install util-linux.");
        var options = RunPlan.FromArguments(parsed, AllowedProcessors());
        Pin(options.LoadProcessor, args);

        var time = TimeProvider.System;
        var load = LoadTransport.Create(options.LoadEngine);
        var progress = new Progress(Console.Error, !Console.IsErrorRedirected, time);
        var run = new ComparisonRun(options, load.Factory, progress, time);
        var isWhole = await RunAsync(run, progress);

        var targets = parsed.GetValue(Options.Targets)
            ? TargetList.All.Select(target => target.Judge(run.Results)).ToList()
            : null;
        var report = new Report(Machine.Describe(options, load.Description, time), run.Results, targets);
        Console.Out.Write(report.ToText());
        await WriteAsync(report, parsed.GetValue(Options.Json), parsed.GetValue(Options.ReportFolder));
        return isWhole && targets?.Any(target => target.IsMissed) != true ? ExitCodes.Done : ExitCodes.Failed;
    }

    /// <returns>Whether it came to its end, and was not stopped.</returns>
    private static async Task<bool> RunAsync(ComparisonRun run, Progress progress)
    {
        using var stop = new StopSignal();
        try
        {
            await run.RunAsync(stop.Token);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsReceived)
        {
            progress.WriteLine("Stopped: what was measured so far follows.");
            return false;
        }
    }

    private static async Task WriteAsync(Report report, string? json, string? folder)
    {
        if (json is not null)
            await File.WriteAllTextAsync(json, JsonReport.Create(report));
        if (folder is null)
            return;
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "report.md"), report.ToMarkdown());
        await File.WriteAllTextAsync(Path.Combine(folder, "report.html"), report.ToHtml());
        Console.Error.WriteLine($"Wrote {Path.Combine(folder, "report.md")} and report.html.");
    }

    /// <summary>The processors as they were before this process pinned itself.</summary>
    private static IReadOnlyList<int> AllowedProcessors() =>
        Environment.GetEnvironmentVariable(Pinned) is { } before
            ? [.. before.Split(',').Select(int.Parse)]
            : Processors.Allowed();

    private static void Pin(int processor, string[] args)
    {
        if (Environment.GetEnvironmentVariable(Pinned) is not null)
            return;
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value);
        Environments.Set(environment, inlineCompletions: true);
        environment[Pinned] = string.Join(',', Processors.Allowed());
        Processors.RestartOn(processor, Programs.Self(args), environment);
    }
}
