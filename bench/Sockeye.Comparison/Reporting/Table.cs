using System.Globalization;
using System.Text;

namespace Sockeye.Comparison.Reporting;

/// <summary>Cells in rows, with a head. The first column is text, the others are numbers.</summary>
internal sealed record Table(IReadOnlyList<string> Head, IReadOnlyList<IReadOnlyList<string>> Rows)
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
                column == 0 ? Cell(row, column).PadRight(width) : Cell(row, column).PadLeft(width))).TrimEnd());
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", Head)} |\n");
        text.Append(CultureInfo.InvariantCulture, $"| --- |{string.Concat(Enumerable.Repeat(" ---: |", Head.Count - 1))}\n");
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
        foreach (var head in Head)
            text.Append(CultureInfo.InvariantCulture, $"<th>{Html.Escape(head)}</th>");
        text.Append("</tr>\n");
        foreach (var row in Rows)
        {
            text.Append("<tr>");
            for (var column = 0; column < Head.Count; column++)
                text.Append(CultureInfo.InvariantCulture, $"<td>{Html.Escape(Cell(row, column))}</td>");
            text.Append("</tr>\n");
        }

        return text.Append("</table>\n").ToString();
    }

    private static string Cell(IReadOnlyList<string> row, int column) => column < row.Count ? row[column] : "";
}
