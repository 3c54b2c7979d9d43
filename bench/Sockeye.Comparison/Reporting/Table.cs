using System.Globalization;
using System.Text;

namespace Sockeye.Comparison.Reporting;

/// <summary>Cells in rows, with a head.</summary>
/// <param name="Head">The names of the columns.</param>
/// <param name="Rows">As many cells each as there are names, or fewer.</param>
/// <param name="TextColumns">How many columns, from the left, are text; the others are numbers.</param>
internal sealed record Table(IReadOnlyList<string> Head, IReadOnlyList<IReadOnlyList<string>> Rows, int TextColumns = 1)
{
    /// <summary>For a terminal: columns as wide as their widest cell, numbers to the right.</summary>
    public string ToText()
    {
        var widths = Head.Select((head, column) =>
            Rows.Select(row => Cell(row, column).Length).Append(head.Length).Max()).ToArray();
        var text = new StringBuilder();
        Append(Head);
        text.AppendJoin("  ", widths.Select(width => new string('-', width))).AppendLine();
        foreach (var row in Rows)
            Append(row);
        return text.ToString();

        void Append(IReadOnlyList<string> row) =>
            text.AppendLine(string.Join("  ", widths.Select((width, column) =>
                column < TextColumns ? Cell(row, column).PadRight(width) : Cell(row, column).PadLeft(width))).TrimEnd());
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", Head)} |\n");
        var rules = Head.Select((_, column) => column < TextColumns ? "---" : "---:");
        text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", rules)} |\n");
        foreach (var row in Rows)
        {
            var cells = Head.Select((_, column) => Cell(row, column).Replace("|", "\\|", StringComparison.Ordinal));
            text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells)} |\n");
        }

        return text.ToString();
    }

    public string ToHtml()
    {
        var text = new StringBuilder("<table>\n<tr>");
        foreach (var (column, head) in Head.Index())
            text.Append(CultureInfo.InvariantCulture, $"<th{Class(column)}>{Html.Escape(head)}</th>");
        text.Append("</tr>\n");
        foreach (var row in Rows)
        {
            text.Append("<tr>");
            for (var column = 0; column < Head.Count; column++)
                text.Append(CultureInfo.InvariantCulture, $"<td{Class(column)}>{Html.Escape(Cell(row, column))}</td>");
            text.Append("</tr>\n");
        }

        return text.Append("</table>\n").ToString();
    }

    private string Class(int column) => column < TextColumns ? " class=\"text\"" : "";

    private static string Cell(IReadOnlyList<string> row, int column) => column < row.Count ? row[column] : "";
}
