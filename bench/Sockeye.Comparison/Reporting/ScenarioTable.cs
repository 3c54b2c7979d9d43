using System.Globalization;
using Sockeye.Comparison.Running;
using Sockeye.Comparison.Scenarios;

namespace Sockeye.Comparison.Reporting;

/// <summary>The table of one scenario: medians, the spread of the main figure, and its ratio to two references.</summary>
internal static class ScenarioTable
{
    private static readonly (string Name, string Head)[] References = [("kestrel", "÷ Kestrel"), ("c-epoll", "÷ C epoll")];

    public static Table Of(ScenarioResult result)
    {
        var main = MainFigure(result.Scenario);
        var references = References
            .Select(reference => (reference.Head, Median: result.Row(reference.Name, result.Scenario.Modes[0])?.Of(main)?.Median))
            .Where(reference => reference.Median is not null)
            .ToList();
        List<string> head = ["server", main.Head, "(quartiles)", .. references.Select(reference => reference.Head),
            .. Others(result, main).Select(figure => figure.Head)];
        var rows = result.Rows.Where(row => row.Windows.Count > 0).Select(row => Row(row, main, references
            .ConvertAll(reference => reference.Median!.Value), Others(result, main)));
        return new(head, [.. rows]);
    }

    /// <summary>Who is not in the table, or not in all rounds, and why; and whose rate is not its own.</summary>
    public static IEnumerable<string> Notes(ScenarioResult result)
    {
        foreach (var row in result.Rows)
        {
            if (row.Trouble is { } trouble)
                yield return $"{row.Title}: {trouble}.";
            else if (row.IsLoadBound)
                yield return $"{row.Title}: the load generator was the bottleneck (over 95 % busy, the server was not), so its rate "
                    + "and latencies are the generator's; CPU per message stands.";
        }
    }

    public static Figure MainFigure(Scenario scenario) => scenario.Figures[0];

    private static IReadOnlyList<Figure> Others(ScenarioResult result, Figure main) =>
    [
        .. result.Scenario.Figures.Where(figure => figure != main && result.Rows.Any(row => row.Of(figure) is not null)),
    ];

    private static IReadOnlyList<string> Row(
        RowResult row, Figure main, IReadOnlyList<double> references, IReadOnlyList<Figure> others)
    {
        var spread = row.Of(main);
        return
        [
            row.Title + (row.IsLoadBound ? " *" : ""),
            spread is { } s ? Format(main, s.Median) : "",
            spread is { } q ? $"({Format(main, q.Low)}–{Format(main, q.High)})" : "",
            .. references.Select(reference =>
                spread is { } r && reference > 0 ? (r.Median / reference).ToString("0.00", CultureInfo.InvariantCulture) : ""),
            .. others.Select(figure => row.Of(figure) is { } other ? Format(figure, other.Median) : ""),
        ];
    }

    private static string Format(Figure figure, double value) => value.ToString(
        figure == Figure.Cpu && value < 1 ? "0.000" : figure.Format, CultureInfo.InvariantCulture);
}
