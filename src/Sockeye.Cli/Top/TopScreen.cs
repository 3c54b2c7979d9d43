using System.Globalization;

namespace Sockeye.Cli;

internal enum TopStyle
{
    Normal,
    Bold,
    Header,
    Selected,
    Warning,
    Dim,
}

/// <summary>A line of the screen, at most as wide as it.</summary>
internal readonly record struct TopLine(string Text, TopStyle Style = TopStyle.Normal);

/// <summary>Draws the screen as lines of text. It depends on nothing but its arguments.</summary>
internal static class TopScreen
{
    private const int MinWidth = 20;
    private const int MinHeight = 5;

    /// <summary>Returns the number of lines around the rows of a table.</summary>
    public static int GetFrame(TopSnapshot snapshot, int height) =>
        // Title, figures, warnings, status line, header, keys.
        1 + Figures(snapshot, height).Count + Warnings(snapshot, height).Count + 1 + 1 + 1;

    /// <summary>Returns exactly as many lines as the terminal has.</summary>
    public static List<TopLine> Draw(TopState state, TopSnapshot snapshot, int width, int height)
    {
        (width, height) = (Math.Max(width, MinWidth), Math.Max(height, MinHeight));
        List<TopLine> lines = [new(Title(state, snapshot, width), TopStyle.Bold)];
        lines.AddRange(Figures(snapshot, height).Select(text => new TopLine(Cut(text, width))));
        lines.AddRange(Warnings(snapshot, height).Select(text => new TopLine(Cut(text, width), TopStyle.Warning)));
        var space = height - lines.Count - 1;
        lines.AddRange((state.View switch
        {
            TopView.Connection => TopPage.Draw(snapshot.Watched, width),
            TopView.Help => TopHelp.Draw(state, width),
            _ => Table(state, snapshot, width, space),
        }).Take(space));
        while (lines.Count < height - 1)
            lines.Add(new(""));
        lines.Add(Bottom(state, width));
        // Names of processes and texts of an admin page may contain anything.
        return [.. lines.Take(height).Select(line => line with { Text = TopText.Printable(line.Text) })];
    }

    /// <summary>Leaves out figures on a low screen, so that rows remain.</summary>
    private static IReadOnlyList<string> Figures(TopSnapshot snapshot, int height) =>
        height >= 12 ? snapshot.Figures : [.. snapshot.Figures.Take(Math.Max(0, height - 9))];

    private static List<string> Warnings(TopSnapshot snapshot, int height) =>
        [.. snapshot.Warnings.Take(Math.Clamp((height - 12) / 4, 0, 3))];

    private static string Title(TopState state, TopSnapshot snapshot, int width)
    {
        var left = state.View switch
        {
            TopView.Listeners => "sockeye top: listeners",
            TopView.Closed => "sockeye top: ended connections",
            TopView.Connection => "sockeye top: one connection",
            TopView.Help => "sockeye top: help",
            _ => "sockeye top",
        };
        var right = string.Create(
            CultureInfo.InvariantCulture,
            $"{(state.IsPaused ? "paused  " : "")}every {state.Interval.TotalSeconds:0.##} s  {snapshot.At:HH:mm:ss}");
        return Cut(left.PadRight(Math.Max(left.Length + 1, width - right.Length)) + right, width);
    }

    private static IEnumerable<TopLine> Table(TopState state, TopSnapshot snapshot, int width, int space)
    {
        var table = state.View switch
        {
            TopView.Listeners => TopTables.Listeners(snapshot, state.CanClose, width),
            TopView.Closed => TopTables.Closed(snapshot, width),
            _ => TopTables.Connections(state, snapshot, width),
        };
        yield return new(Status(state, snapshot, width), TopStyle.Dim);
        yield return new(table.Header, TopStyle.Header);
        var first = state.View is TopView.Connections ? snapshot.Offset : state.Offset;
        var rows = state.View is TopView.Connections ? table.Rows : table.Rows.Skip(state.Offset);
        foreach (var (index, row) in rows.Take(Math.Max(0, space - 2)).Index())
            yield return new(row, first + index == state.Selected ? TopStyle.Selected : TopStyle.Normal);
        if (TopKeys.Count(state, snapshot) == 0)
            yield return new(Cut(state.View is TopView.Connections && !state.Filter.IsAll
                ? "No connection matches. Esc shows all." : "None.", width), TopStyle.Dim);
    }

    private static string Status(TopState state, TopSnapshot snapshot, int width)
    {
        var count = TopKeys.Count(state, snapshot);
        var position = string.Create(
            CultureInfo.InvariantCulture, $"{Math.Min(state.Selected + 1, count)}/{count}");
        if (state.View is TopView.Closed && snapshot.Closed.ElementAtOrDefault(state.Selected) is { } closed)
            position += $"  {closed.Reason}";
        if (state.View is not TopView.Connections)
            return Cut(position, width);
        var sort = $"by {state.Sort.Title}{(state.IsDescending ? "↓" : "↑")}";
        var filter = state.Filter.IsAll ? "" : string.Create(
            CultureInfo.InvariantCulture, $"  filter: {state.Filter.Text} ({snapshot.Matching:N0} of {snapshot.Total:N0})");
        return Cut($"{position}  {sort}{filter}", width);
    }

    private static TopLine Bottom(TopState state, int width) => state switch
    {
        { Message.Length: > 0 } => new(Cut(state.Message, width), TopStyle.Warning),
        { Input: TopInput.Filter } => new(Cut($"Filter: {state.InputText}_", width), TopStyle.Bold),
        { Input: TopInput.Reason } => new(
            Cut($"Close {state.Closing?.Key}, for the reason: {state.InputText}_", width), TopStyle.Bold),
        { View: TopView.Connection, CanClose: true } => Keys("Esc Back  F9 Close  Space Pause  q Quit", width),
        { View: TopView.Connection or TopView.Help } => Keys("Esc Back  Space Pause  q Quit", width),
        { CanClose: true } => Keys("F1 Help  / Filter  F6 Sort  Enter Open  F9 Close  Tab View  Space Pause  q Quit", width),
        _ => Keys("F1 Help  / Filter  F6 Sort  I Invert  Enter Open  Tab View  Space Pause  q Quit", width),
    };

    private static TopLine Keys(string text, int width) => new(Cut(text, width), TopStyle.Header);

    private static string Cut(string text, int width) => text.Length <= width ? text : TopText.Fit(text, width);
}
