using System.CommandLine;
using System.Globalization;
using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Scenarios;
using Sockeye.Linux;

namespace Sockeye.Comparison.CommandLine;

/// <summary>The options of the command line.</summary>
internal static class Options
{
    public static readonly Option<string[]?> Scenarios = OptionValues.Names(
        "--scenario", "Only these scenarios, separated by commas. --list names all.", ScenarioList.All.Select(one => one.Name));

    public static readonly Option<string[]?> Servers = OptionValues.Names(
        "--server", "Only these servers, separated by commas. --list names all.", ContestantList.All.Select(one => one.Name));

    public static readonly Option<string?> Baseline = new("--baseline")
    {
        HelpName = "program",
        Description = "Another build of this program (its executable or .dll): each Sockeye row runs with both builds.",
        CustomParser = result => string.Concat(OptionValues.Split(result)) is var program && File.Exists(program)
            ? Path.GetFullPath(program)
            : OptionValues.CreateError<string?>(
                result, "an existing file: Sockeye.Comparison or Sockeye.Comparison.dll of another build"),
    };

    public static readonly Option<int?> Rounds = OptionValues.Number(
        "--rounds", "How often each server is measured. Default 5.", 1, 1000);

    public static readonly Option<TimeSpan?> Window = OptionValues.Seconds(
        "--window", "The length of each measurement in seconds. Default 0.6.", 0.05);

    public static readonly Option<TimeSpan?> WarmUp = OptionValues.Seconds(
        "--warm-up", "The time of load on each server before the first measurement, in seconds. Default 2.", 0.05);

    public static readonly Option<bool> Quick = new("--quick")
    {
        Description = "3 rounds of 0.3 s after a warm-up of 0.7 s: to see whether all works, not for figures to keep.",
    };

    public static readonly Option<int?> Seed = OptionValues.Number(
        "--seed", "Decides the order within the rounds. Default 1.", 0, int.MaxValue);

    public static readonly Option<int[]> Processors = new("--processors")
    {
        HelpName = "a,b",
        Description = "One for the servers and one for the load, as in 0,1. Default: the first two that may be used.",
        CustomParser = result => OptionValues.Split(result) is [var server, var load]
            && int.TryParse(server, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(load, CultureInfo.InvariantCulture, out var second) && first >= 0 && second >= 0 && first != second
                ? [first, second]
                : OptionValues.CreateError<int[]>(result, "two different processors, as in 0,1"),
    };

    public static readonly Option<LinuxEngine> Load = new("--load")
    {
        HelpName = "engine",
        Description = "What the load generator runs on: auto (epoll where it can), io_uring, epoll, sockets. Default auto.",
        CustomParser = result => string.Concat(OptionValues.Split(result)) switch
        {
            "auto" => LinuxEngine.Auto,
            "io_uring" => LinuxEngine.IoUring,
            "epoll" => LinuxEngine.Epoll,
            "sockets" => LinuxEngine.Sockets,
            _ => OptionValues.CreateError<LinuxEngine>(result, "auto, io_uring, epoll or sockets"),
        },
    };

    public static readonly Option<string?> Json = new("--json")
    {
        Description = "Write every window of every server to this file.",
        HelpName = "file",
    };

    public static readonly Option<string?> ReportFolder = new("--report")
    {
        Description = "Write report.md and report.html, with plots, to this folder.",
        HelpName = "folder",
    };

    public static readonly Option<bool> List = new("--list") { Description = "Name the scenarios and the servers, and end." };

    public static readonly Option<bool> Targets = new("--targets")
    {
        Description = "Measure what Sockeye's targets need, or the given scenarios, and judge them; exit code 1 if one fails.",
    };
}
