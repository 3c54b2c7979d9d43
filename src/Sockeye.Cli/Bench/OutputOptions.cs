using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sockeye.Cli;

/// <summary>The options of <c>sockeye bench</c> about the kind of the run and its output.</summary>
internal static class OutputOptions
{
    public static Option<bool> Json { get; } = OptionFactory.CreateSwitch("--json", "Print one JSON document instead.");

    public static Option<string?> Hdr { get; } = OptionFactory.CreateText(
        "--hdr", "file", "Write the latencies of each interval to this file, as an HdrHistogram log in microseconds.");

    public static Option<string?> Report { get; } = OptionFactory.CreateText(
        "--report", "file", "Write a page with pictures to this file: one HTML file that needs no other.");

    public static Option<string[]> FailIf { get; } = OptionFactory.CreateTexts(
        "--fail-if", "condition",
        "Exit with 1 if this is true: p99>10ms, rate<5k, errors>0. p50, p90, p99, p999, max, mean, rate, errors, unanswered. "
            + "May be repeated.");

    public static Option<string?> Find { get; } = OptionFactory.CreateText(
        "--find", "bound", "Search the highest rate that keeps this bound: 'p99<5ms'.");

    public static Option<EndPointText?> Compare { get; } = new("--compare")
    {
        Description = "Load this second server in turns with the first, and print whether they differ.",
        HelpName = "endpoint",
        CustomParser = result => OptionFactory.ParseEndPoint(
            result, result.Tokens[0].Value, ConnectTarget.Validate, "--compare: "),
    };

    public static Option<string?> Admin { get; } = OptionFactory.CreateText(
        "--admin", "url", "The admin page of the server, whose signs of saturation are shown for each interval.");

    public static IEnumerable<Option> All => [Find, Compare, FailIf, Json, Hdr, Report, Admin];

    public static void Validate(CommandResult result)
    {
        foreach (var text in result.GetGiven(FailIf) ?? [])
        {
            if (Bound.Parse(text, out var error) is null)
                result.AddError($"--fail-if: {error}");
        }

        if (result.GetGiven(Find) is { } find && Bound.Parse(find, out var wrong) is not { IsUpperLatency: true })
            result.AddError($"--find: {wrong ?? $"\"{find}\" does not bound a latency from above. Write it as p99<5ms."}");
        Exclude(result, Find, Compare, BenchOptions.Rate, BenchOptions.Count, MessageOptions.Receive);
        Exclude(result, Compare, FailIf, Hdr, Report, Admin, BenchOptions.Count, MessageOptions.Receive);
        Exclude(result, BenchOptions.Rate, MessageOptions.Receive);
        Exclude(result, BenchOptions.Count, MessageOptions.Receive);
        if (result.GetGiven(Admin) is { } url && AdminUrl.Parse(url) is null)
            result.AddError($"--admin: \"{url}\" is not the URL of an admin page. Write it as http://localhost:7001.");
        if (result.IsGiven(Compare) && result.GetResult(BenchOptions.Targets) is { Tokens.Count: > 2 })
            result.AddError("--compare compares two servers: name one, and the other with --compare.");
    }

    public static IReadOnlyList<Bound> GetFailIf(ParseResult parsed) =>
        [.. (parsed.GetValue(FailIf) ?? []).Select(text => Bound.Parse(text, out _)!)];

    private static void Exclude(CommandResult result, Option option, params IEnumerable<Option> others)
    {
        if (!result.IsGiven(option))
            return;
        foreach (var other in others.Where(other => result.IsGiven(other)))
            result.AddError($"{option.Name} and {other.Name} exclude each other: choose one.");
    }
}
