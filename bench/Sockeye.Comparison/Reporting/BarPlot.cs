using System.Globalization;
using System.Text;
using Sockeye.Comparison.Running;

namespace Sockeye.Comparison.Reporting;

/// <summary>One bar a server, as long as the median, with a whisker from quartile to quartile: SVG for a page.</summary>
internal static class BarPlot
{
    private const int LabelWidth = 250;
    private const int PlotWidth = 470;
    private const int ValueWidth = 120;
    private const int BarHeight = 16;
    private const int RowHeight = 24;
    private const int Top = 8;

    public static string Create(ScenarioResult result)
    {
        var figure = ScenarioTable.MainFigure(result.Scenario);
        var bars = result.Rows.Select(row => (Row: row, Spread: row.GetSpread(figure))).Where(bar => bar.Spread is not null)
            .Select(bar => (bar.Row, Spread: bar.Spread!.Value)).OrderBy(bar => bar.Spread.Median).ToList();
        if (bars.Count == 0)
            return "";
        var largest = Math.Max(bars.Max(bar => Math.Max(bar.Spread.High, bar.Spread.Median)), double.Epsilon);
        var height = Top + (bars.Count * RowHeight);
        var width = LabelWidth + PlotWidth + ValueWidth;

        var svg = new StringBuilder();
        Append($"<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n");
        Append($"<title>{Html.Escape($"{result.Scenario.Title}: {figure.Head}, less is better")}</title>\n");
        foreach (var (index, (row, spread)) in bars.Index())
        {
            var y = Top + (index * RowHeight);
            var middle = y + (BarHeight / 2);
            var css = row.Contestant.IsSockeye ? "own" : "other";
            Append($"<text class=\"label\" x=\"{LabelWidth - 8}\" y=\"{middle + 4}\">{Html.Escape(row.Title)}</text>\n");
            Append($"<rect class=\"{css}\" x=\"{LabelWidth}\" y=\"{y}\" ");
            Append($"width=\"{X(spread.Median):0.0}\" height=\"{BarHeight}\"/>\n");
            Append($"<path class=\"spread\" d=\"M{LabelWidth + X(spread.Low):0.0} {middle}");
            Append($"H{LabelWidth + X(spread.High):0.0}\"/>\n");
            Append($"<text x=\"{LabelWidth + X(Math.Max(spread.High, spread.Median)) + 6:0.0}\" y=\"{middle + 4}\">");
            Append($"{Html.Escape(figure.Write(spread.Median))}</text>\n");
        }

        return svg.Append("</svg>\n").ToString();

        double X(double value) => Math.Max(0, value) / largest * PlotWidth;

        void Append(FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture));
    }
}
