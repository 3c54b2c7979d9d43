using System.Globalization;
using Sockeye.Comparison.Measuring;
using Sockeye.Comparison.Running;
using Sockeye.Comparison.Scenarios;

namespace Sockeye.Comparison.Reporting;

/// <summary>The table of one scenario: medians, the spread of the main figure, and its ratio to two references.</summary>
internal static class ScenarioTable
{
    private const string BaselineHead = "÷ baseline";

    /// <summary>What other programs may have of the processors before it is worth a note.</summary>
    private const double NoiseThreshold = 0.05;

    private static readonly (string Name, string Head)[] References = [("kestrel", "÷ Kestrel"), ("c-epoll", "÷ C epoll")];

    public static Table Create(ScenarioResult result)
    {
        var main = MainFigure(result.Scenario);
        var references = References
            .Select(reference => (
                reference.Head, result.Row(reference.Name, result.Scenario.Modes[0])?.GetSpread(main)?.Median))
            .Where(reference => reference.Median is not null)
            .ToList();
        var others = Others(result, main);
        var hasBaseline = result.Rows.Any(row => GetBaseline(result, row) is not null);
        List<string> head =
        [
            "server", main.Head, "(quartiles)", .. hasBaseline ? (string[])[BaselineHead] : [],
            .. references.Select(reference => reference.Head), .. others.Select(figure => figure.Head),
        ];
        var rows = result.Rows.Where(row => row.Windows.Count > 0).Select(row => Row(
            row,
            main,
            [
                .. hasBaseline ? (double?[])[GetBaseline(result, row)?.GetSpread(main)?.Median] : [],
                .. references.Select(reference => reference.Median),
            ],
            others));
        return new(head, [.. rows]);
    }

    /// <summary>What disturbed the figures: rates that the generator limited, servers that are missing in some rounds.</summary>
    public static IEnumerable<string> Notes(ScenarioResult result)
    {
        var others = Spread.FromValues(result.Rows.SelectMany(row => row.Windows).Select(window => window.OthersBusy));
        if (others is { Median: > NoiseThreshold and var part })
        {
            yield return $"Other programs had {part.ToString("0%", CultureInfo.InvariantCulture)} of the two processors "
                + "at the same time: rates and latencies are worse than they are alone; CPU per message is more reliable.";
        }

        var loadBound = result.Rows.Where(row => row.IsLoadBound).Select(row => row.Title).ToList();
        if (loadBound.Count > 0)
        {
            yield return $"* The load generator was the bottleneck of {string.Join("; ", loadBound)}: it was more than 95 % "
                + "busy, the server was not. The rate and the latencies are the generator's; CPU per message is valid.";
        }

        foreach (var problem in result.Rows.Where(row => row.Problem is not null).GroupBy(row => row.Problem))
            yield return $"{string.Join("; ", problem.Select(row => row.Title))}: {problem.Key!.TrimEnd('.')}.";
    }

    public static Figure MainFigure(Scenario scenario) => scenario.Figures[0];

    /// <summary>The row of the same server in the baseline build.</summary>
    private static RowResult? GetBaseline(ScenarioResult result, RowResult row) =>
        result.Row(row.Contestant.BaselineName, row.Mode);

    private static IReadOnlyList<Figure> Others(ScenarioResult result, Figure main) =>
    [
        .. result.Scenario.Figures.Where(figure => figure != main && result.Rows.Any(row => row.GetSpread(figure) is not null)),
    ];

    private static IReadOnlyList<string> Row(
        RowResult row, Figure main, IReadOnlyList<double?> references, IReadOnlyList<Figure> others)
    {
        var spread = row.GetSpread(main);
        return
        [
            row.Title + (row.IsLoadBound ? " *" : ""),
            spread is { } s ? main.Write(s.Median) : "",
            spread is { } q ? $"({main.Write(q.Low)}–{main.Write(q.High)})" : "",
            .. references.Select(reference =>
                spread is { } r && reference > 0 ? Ratio(r.Median / reference.Value) : ""),
            .. others.Select(figure => row.GetSpread(figure) is { } other ? figure.Write(other.Median) : ""),
        ];
    }

    private static string Ratio(double value) => value.ToString(value < 100 ? "0.00" : "N0", CultureInfo.InvariantCulture);
}
