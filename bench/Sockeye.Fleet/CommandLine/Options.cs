using System.CommandLine;
using Sockeye.Comparison.CommandLine;
using Sockeye.Fleet.Nodes;
using Sockeye.Fleet.Running;
using Sockeye.Fleet.Scenarios;

namespace Sockeye.Fleet.CommandLine;

/// <summary>The options of the command line.</summary>
internal static class Options
{
    private const int MaxInFlight = 64;

    public static readonly Option<string[]?> Scenarios = OptionValues.Names(
        "--scenario", $"Only these: {string.Join(", ", ScenarioList.All.Select(one => one.Name))}. Default: all.",
        ScenarioList.All.Select(one => one.Name));

    public static readonly Option<string[]?> Servers = OptionValues.Names(
        "--server", $"Only these: {string.Join(", ", ServerNames.All)}. Default: sockeye,signalr.", ServerNames.All);

    public static readonly Option<int?> Rounds = OptionValues.Number(
        "--rounds", "How often each server is measured. Default 5.", 1, 1000);

    public static readonly Option<int?> Nodes = OptionValues.Number("--nodes", "Nodes of each fleet. Default 3.", 2, 50);

    public static readonly Option<int?> Members = OptionValues.Number(
        "--members", "Members on each node in the scenario broadcast. Default 5000, less where descriptors are few.", 1, 1_000_000);

    public static readonly Option<int?> Held = OptionValues.Number(
        "--held", "Connections in the scenario held, on as many nodes as descriptors ask for. Default 100000.", 1, 10_000_000);

    public static readonly Option<int?> Rate = OptionValues.Number(
        "--rate", "Lines a second in the scenario addressed. Default 10000.", 1, 1_000_000);

    public static readonly Option<int[]?> InFlight = new("--in-flight")
    {
        HelpName = "n,m,…",
        Description = "How many lines each node has to deliver at once in the scenario broadcast. Default 1,16.",
        CustomParser = result =>
        {
            var numbers = OptionValues.Split(result);
            var parsed = numbers.Select(one => OptionValues.ParseNumber(one, 1, MaxInFlight)).OfType<int>().ToArray();
            return numbers.Length > 0 && parsed.Length == numbers.Length
                ? parsed
                : OptionValues.CreateError<int[]?>(result, $"numbers from 1 to {MaxInFlight}, separated by commas");
        },
    };

    public static readonly Option<TimeSpan?> Duration = OptionValues.Seconds(
        "--duration", "The length of one measurement in seconds. Default 5.", 0.1);

    public static readonly Option<int?> Seed = OptionValues.Number(
        "--seed", "Decides when nodes are killed. Default 1.", 0, int.MaxValue);

    public static readonly Option<bool> Markdown = new("--markdown") { Description = "Print the tables as Markdown." };

    public static RunOptions ToRunOptions(ParseResult parsed) => new()
    {
        Scenarios = parsed.GetValue(Scenarios) is { Length: > 0 } scenarios ? scenarios : [.. ScenarioList.All.Select(one => one.Name)],
        Servers = parsed.GetValue(Servers) is { Length: > 0 } servers ? servers : [ServerNames.Sockeye, ServerNames.SignalR],
        Rounds = parsed.GetValue(Rounds) ?? 5,
        Nodes = parsed.GetValue(Nodes) ?? 3,
        Members = parsed.GetValue(Members) ?? 5000,
        InFlight = parsed.GetValue(InFlight) is { Length: > 0 } inFlight ? inFlight : [1, 16],
        Duration = parsed.GetValue(Duration) ?? TimeSpan.FromSeconds(5),
        Rate = parsed.GetValue(Rate) ?? 10_000,
        Held = parsed.GetValue(Held) ?? 100_000,
        Markdown = parsed.GetValue(Markdown),
        Seed = parsed.GetValue(Seed) ?? 1,
    };
}
