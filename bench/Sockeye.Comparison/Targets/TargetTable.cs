using System.Globalization;
using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Reporting;
using Sockeye.Comparison.Scenarios;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Targets;

/// <summary>What was to be reached, and what was.</summary>
internal static class TargetTable
{
    public static Table Create(IReadOnlyList<TargetResult> results) => new(
        ["server", "scenario", "figure", "against", "at most", "measured", "verdict"],
        [
            .. results.Select(result => (IReadOnlyList<string>)
            [
                GetTitle(result.Target.Subject) + (result.Target.Mode == ServerMode.Codec ? " (codec)" : ""),
                result.Target.Scenario,
                result.Target.Figure.Head,
                result.Target.Reference is { } reference ? GetTitle(reference) : "",
                Format(result.Target, result.Target.Limit),
                result.Measured is { } measured ? Format(result.Target, measured) : "",
                result.Verdict,
            ]),
        ],
        TextColumns: 4);

    private static string GetTitle(string contestant) => ContestantList.Find(contestant)?.Title ?? contestant;

    private static string Format(Target target, double value) =>
        value.ToString(target.Reference is not null ? "0.00" : target.Figure == Figure.Stall ? "0.0" : "0.00",
            CultureInfo.InvariantCulture);
}
