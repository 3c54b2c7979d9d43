using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Reporting;
using Sockeye.Comparison.Scenarios;

namespace Sockeye.Comparison.CommandLine;

/// <summary>What <c>--list</c> prints.</summary>
internal static class NameList
{
    public static string Text() =>
        new Table(["scenario", ""], [.. ScenarioList.All.Select(one => (IReadOnlyList<string>)[one.Name, one.Title])]).ToText()
        + "\n"
        + new Table(["server", ""], [.. ContestantList.All.Select(one => (IReadOnlyList<string>)[one.Name, Describe(one)])]).ToText();

    private static string Describe(Contestant contestant) =>
        contestant.Peer?.Needs.Select(need => need.Missing()).FirstOrDefault(missing => missing is not null) is { } missing
            ? $"{contestant.Title} (skipped here: {missing})"
            : contestant.Title;
}
