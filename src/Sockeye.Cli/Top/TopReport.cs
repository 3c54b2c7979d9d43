namespace Sockeye.Cli;

/// <summary>A snapshot as text for a pipe or a file: without colour, with every column, and with nothing cut off.</summary>
internal static class TopReport
{
    public static IEnumerable<string> Write(TopSnapshot snapshot, IReadOnlyList<TopColumn> columns, bool isServer) =>
        WriteLines(snapshot, columns, isServer).Select(TopText.Printable);

    private static IEnumerable<string> WriteLines(TopSnapshot snapshot, IReadOnlyList<TopColumn> columns, bool isServer)
    {
        foreach (var line in snapshot.Figures)
            yield return line;
        foreach (var warning in snapshot.Warnings)
            yield return warning;
        yield return "";
        List<string[]> listeners =
        [
            isServer
                ? ["LISTENER", "QUEUE", "BACKLOG", "OPEN", "ACCEPTED", "ACCEPT/s", "NOTE"]
                : ["LISTENER", "QUEUE", "BACKLOG", "OPEN", "DROPPED", "DROP/s", "PID", "PROCESS"],
        ];
        listeners.AddRange(snapshot.Listeners.Select(listener => isServer
            ? (string[])[
                listener.EndPoint, TopText.Count(listener.Queue), TopText.Count(listener.Backlog),
                TopText.Count(listener.Connections), TopText.Count(listener.Accepted), TopText.Amount(listener.AcceptedPerSecond),
                listener.Note ?? ""]
            : [
                listener.EndPoint, TopText.Count(listener.Queue), TopText.Count(listener.Backlog),
                TopText.Count(listener.Connections), TopText.Count(listener.Drops), TopText.Amount(listener.DropsPerSecond),
                $"{listener.Owner?.ProcessId}", listener.Owner?.Name ?? ""]));
        foreach (var line in Align(listeners, column => column is >= 1 and <= 6 && (!isServer || column <= 5)))
            yield return line;
        yield return "";
        List<string[]> rows = [[.. columns.Select(column => column.Title)]];
        rows.AddRange(snapshot.Rows.Select(row => columns.Select(column => column.Text(row)).ToArray()));
        foreach (var line in Align(rows, column => columns[column].IsNumber))
            yield return line;
    }

    /// <summary>Makes every column as wide as its widest value.</summary>
    private static IEnumerable<string> Align(List<string[]> rows, Func<int, bool> isRight)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return rows.Select(row => string.Join(
            "  ", row.Select((text, column) => isRight(column) ? text.PadLeft(widths[column]) : text.PadRight(widths[column])))
            .TrimEnd());
    }
}
