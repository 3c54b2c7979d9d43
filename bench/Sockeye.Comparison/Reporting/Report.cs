using System.Text;
using Sockeye.Comparison.Running;
using Sockeye.Comparison.Scenarios;
using Sockeye.Comparison.Targets;

namespace Sockeye.Comparison.Reporting;

/// <summary>A run on paper: for a terminal, as Markdown, and as a page with plots that needs nothing else.</summary>
internal sealed record Report(
    IReadOnlyList<string> Machine, IReadOnlyList<ScenarioResult> Results, IReadOnlyList<TargetResult>? Targets)
{
    private const string Title = "Sockeye and its peers";

    private const string Style = """
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 84rem; padding: 0 1rem; color: #1c2733; }
        h2 { margin-top: 2.5rem; }
        table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; margin: 1rem 0; }
        th, td { padding: .25rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #e1e6ec; }
        th { font-weight: 600; border-bottom: 2px solid #b7c1cc; }
        .text { text-align: left; }
        svg { max-width: 100%; height: auto; font-size: 12px; }
        svg text { fill: #1c2733; }
        svg .label { text-anchor: end; }
        svg .own { fill: #c8452f; }
        svg .other { fill: #a9b8c6; }
        svg .spread { stroke: #1c2733; stroke-width: 2; fill: none; }
        .note { color: #5a6875; font-size: 13px; margin: .2rem 0; }
        .scroll { overflow-x: auto; }
        """;

    private IEnumerable<ScenarioResult> PlottedScenarios => Results.Where(result => result.Rows.Count > 0);

    public string ToText()
    {
        var text = new StringBuilder();
        text.AppendJoin('\n', Machine).Append('\n');
        foreach (var result in PlottedScenarios)
        {
            text.Append('\n').Append(Heading(result)).Append('\n');
            text.Append(ScenarioTable.Create(result).ToText());
            text.AppendJoin('\n', ScenarioTable.Notes(result).Select(note => $"  {note}").Append(""));
        }

        if (Targets is not null)
            text.Append("\nTargets\n").Append(TargetTable.Create(Targets).ToText());
        return text.ToString();
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder($"# {Title}\n\n");
        text.AppendJoin('\n', Machine).Append('\n');
        foreach (var result in PlottedScenarios)
        {
            text.Append($"\n## {Heading(result)}\n\n").Append(ScenarioTable.Create(result).ToMarkdown());
            text.AppendJoin("", ScenarioTable.Notes(result).Select((note, index) => $"{(index == 0 ? "\n" : "")}- {note}\n"));
        }

        if (Targets is not null)
            text.Append("\n## Targets\n\n").Append(TargetTable.Create(Targets).ToMarkdown());
        return text.ToString();
    }

    public string ToHtml()
    {
        var text = new StringBuilder("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
        text.Append("<meta name=\"viewport\" content=\"width=device-width\">\n");
        text.Append($"<title>{Title}</title>\n<style>\n{Style}\n</style>\n<h1>{Title}</h1>\n");
        text.AppendJoin("", Machine.Select(line => $"<p class=\"note\">{Html.Escape(line)}</p>\n"));
        foreach (var result in PlottedScenarios)
        {
            text.Append($"<h2>{Html.Escape(Heading(result))}</h2>\n").Append(BarPlot.Create(result));
            text.Append("<div class=\"scroll\">\n").Append(ScenarioTable.Create(result).ToHtml()).Append("</div>\n");
            text.AppendJoin("", ScenarioTable.Notes(result).Select(note => $"<p class=\"note\">{Html.Escape(note)}</p>\n"));
        }

        if (Targets is not null)
            text.Append("<h2>Targets</h2>\n<div class=\"scroll\">\n")
                .Append(TargetTable.Create(Targets).ToHtml()).Append("</div>\n");
        return text.Append("</html>\n").ToString();
    }

    private static string Heading(ScenarioResult result) =>
        ScenarioTable.MainFigure(result.Scenario) == Figure.Cpu
            ? $"{result.Scenario.Title} ({Figure.Cpu.Head} of the server per {result.Scenario.Unit})"
            : $"{result.Scenario.Title} ({ScenarioTable.MainFigure(result.Scenario).Head})";
}
