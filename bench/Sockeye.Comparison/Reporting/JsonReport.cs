using System.Text.Json;
using Sockeye.Comparison.Running;

namespace Sockeye.Comparison.Reporting;

/// <summary>Every window of every server, for programs.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
    };

    public static string Create(Report report) => JsonSerializer.Serialize(
        new
        {
            report.Machine,
            Scenarios = report.Results.Select(result => new
            {
                result.Scenario.Name,
                result.Scenario.Title,
                Servers = result.Rows.Select(CreateRow),
            }),
            Targets = report.Targets?.Select(target => new
            {
                target.Target.Scenario,
                target.Target.Subject,
                target.Target.Reference,
                Figure = target.Target.Figure.Head,
                target.Target.Limit,
                target.Measured,
                target.Verdict,
            }),
        },
        Options) + "\n";

    private static object CreateRow(RowResult row) => new
    {
        row.Contestant.Name,
        Mode = row.Mode.ToString(),
        row.Title,
        row.Problem,
        row.IsLoadBound,
        row.Windows,
    };
}
