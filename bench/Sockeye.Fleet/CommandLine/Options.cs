using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Sockeye.Fleet.Nodes;
using Sockeye.Fleet.Running;
using Sockeye.Fleet.Scenarios;

namespace Sockeye.Fleet.CommandLine;

/// <summary>What can be said on the command line.</summary>
internal static class Options
{
    private const int MaxInFlight = 64;

    public static readonly Option<string[]?> Scenarios = Names(
        "--scenario", $"Only these: {string.Join(", ", ScenarioList.All.Select(one => one.Name))}. Default: all.",
        ScenarioList.All.Select(one => one.Name));

    public static readonly Option<string[]?> Servers = Names(
        "--server", $"Only these: {string.Join(", ", ServerNames.All)}. Default: sockeye,signalr.", ServerNames.All);

    public static readonly Option<int?> Rounds = Number("--rounds", "How often each server is measured. Default 5.", 1, 1000);

    public static readonly Option<int?> Nodes = Number("--nodes", "Nodes of each fleet. Default 3.", 2, 50);

    public static readonly Option<int?> Members = Number(
        "--members", "Members on each node in the scenario broadcast. Default 5000, less where descriptors are few.", 1, 1_000_000);

    public static readonly Option<int?> Held = Number(
        "--held", "Connections in the scenario held, on as many nodes as descriptors ask for. Default 100000.", 1, 10_000_000);

    public static readonly Option<int?> Rate = Number(
        "--rate", "Lines a second in the scenario addressed. Default 10000.", 1, 1_000_000);

    public static readonly Option<int[]?> InFlight = new("--in-flight")
    {
        HelpName = "n,m,…",
        Description = "How many lines each node has to deliver at once in the scenario broadcast. Default 1,16.",
        CustomParser = result =>
        {
            var numbers = Split(result);
            return numbers.Length > 0 && numbers.All(one => Parse(one, 1, MaxInFlight) is not null)
                ? [.. numbers.Select(one => Parse(one, 1, MaxInFlight)!.Value)]
                : CreateError<int[]?>(result, $"numbers from 1 to {MaxInFlight}, separated by commas");
        },
    };

    public static readonly Option<TimeSpan?> Duration = new("--duration")
    {
        HelpName = "s",
        Description = "The length of one measurement in seconds. Default 5.",
        CustomParser = result =>
            double.TryParse(string.Concat(Split(result)), CultureInfo.InvariantCulture, out var seconds)
            && seconds is >= 0.1 and <= 600
                ? TimeSpan.FromSeconds(seconds)
                : CreateError<TimeSpan?>(result, "a number of seconds from 0.1 to 600"),
    };

    public static readonly Option<int?> Seed = Number("--seed", "Decides when nodes are killed. Default 1.", 0, int.MaxValue);

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

    private static Option<string[]?> Names(string name, string description, IEnumerable<string> known) => new(name)
    {
        Description = description,
        HelpName = "a,b,…",
        CustomParser = result =>
        {
            var names = Split(result);
            return names.FirstOrDefault(one => !known.Contains(one)) is { } unknown
                ? CreateError<string[]?>(result, $"one or more of {string.Join(", ", known)}", unknown)
                : names;
        },
    };

    private static Option<int?> Number(string name, string description, int least, int most) => new(name)
    {
        Description = description,
        HelpName = "n",
        CustomParser = result => Parse(string.Concat(Split(result)), least, most)
            ?? CreateError<int?>(result, $"a number from {least} to {most}"),
    };

    private static int? Parse(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : null;

    private static string[] Split(ArgumentResult result) =>
    [
        .. result.Tokens.SelectMany(token =>
            token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)),
    ];

    private static T CreateError<T>(ArgumentResult result, string expected, string? value = null)
    {
        var option = (result.Parent as OptionResult)?.Option.Name;
        result.AddError($"{option} {value ?? string.Join(' ', result.Tokens)}: expected {expected}.");
        return default!;
    }
}
