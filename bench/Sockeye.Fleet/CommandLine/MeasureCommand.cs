using System.CommandLine;
using Sockeye.Comparison.CommandLine;
using Sockeye.Fleet.Running;
using Sockeye.Fleet.Scenarios;

namespace Sockeye.Fleet.CommandLine;

/// <summary>A run, from the command line to the tables.</summary>
internal static class MeasureCommand
{
    public static async Task<int> RunAsync(ParseResult parsed)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("The measurements need Linux: they read /proc.");
        var time = TimeProvider.System;
        var run = new FleetRun(Options.ToRunOptions(parsed), Console.Out, Console.Error, time);
        using var stop = new StopSignal();
        Console.Out.WriteLine(Machine.Describe(run.Options, time));
        try
        {
            foreach (var scenario in ScenarioList.All.Where(one => run.Options.Scenarios.Contains(one.Name)))
                await scenario.RunAsync(run, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsReceived)
        {
            Console.Error.WriteLine("Stopped.");
            return ExitCodes.Failed;
        }

        Console.Out.WriteLine($"\n{Machine.DescribeLoad()}");
        foreach (var fault in run.Faults)
            Console.Error.WriteLine($"FAULT: {fault}.");
        return run.Faults.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }
}
