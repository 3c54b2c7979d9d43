using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Reporting;
using Sockeye.Comparison.Scenarios;

namespace Sockeye.Comparison.CommandLine;

/// <summary>What <c>--list</c> prints.</summary>
internal static class NameList
{
    public static string Text() =>
        List("scenario", ScenarioList.All.Select(one => (one.Name, one.Title))) + "\n"
        + List("server", ContestantList.All.Select(one => (one.Name, Describe(one))));

    private static string List(string head, IEnumerable<(string Name, string Description)> entries) =>
        new Table([head, "what it is"], [.. entries.Select(entry => (IReadOnlyList<string>)[entry.Name, entry.Description])], 2)
            .ToText();

    private static string Describe(Contestant contestant) =>
        contestant.Peer?.Needs.Select(need => need.Missing()).FirstOrDefault(missing => missing is not null) is { } missing
            ? $"{contestant.Title} (skipped here: {missing})"
            : contestant.Title;
}
