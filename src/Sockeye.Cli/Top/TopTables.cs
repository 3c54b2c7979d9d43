namespace Sockeye.Cli;

/// <summary>A table as text: its header and its rows.</summary>
internal sealed record TopTable(string Header, IEnumerable<string> Rows);

/// <summary>Lays out the tables for the width of a terminal.</summary>
internal static class TopTables
{
    private const int MaxAddress = 47; // [IPv6]:port
    private const int UsualAddress = 28;

    /// <summary>Returns the columns that fit, with their widths. The wider the terminal, the more columns.</summary>
    public static List<(TopColumn Column, int Width)> Fit(IReadOnlyList<TopColumn> columns, int width)
    {
        HashSet<TopColumn> chosen = [.. columns.Where(column => column.Rank == 0)];
        foreach (var column in columns.Where(column => column.Rank > 0).OrderBy(column => column.Rank))
        {
            if (Width() + column.Width + 1 > width)
                break;
            chosen.Add(column);
        }

        // Below 80 columns, numbers give way before addresses do.
        foreach (var column in columns.Reverse().Where(column => column.IsNumber))
        {
            if (Width() > width)
                chosen.Remove(column);
        }

        var fitted = columns.Where(chosen.Contains).Select(column => (Column: column, column.Width)).ToList();
        var rest = width - Width();
        foreach (var most in (ReadOnlySpan<int>)[UsualAddress, MaxAddress])
        {
            var addresses = fitted.Count(each => each.Column.IsAddress);
            for (var i = 0; i < fitted.Count && rest > 0; i++)
            {
                if (!fitted[i].Column.IsAddress)
                    continue;
                var more = Math.Clamp(most - fitted[i].Width, 0, rest / addresses--);
                (fitted[i], rest) = ((fitted[i].Column, fitted[i].Width + more), rest - more);
            }

            // The last column is text of any length.
            var share = most == UsualAddress ? rest / 2 : rest;
            (fitted[^1], rest) = ((fitted[^1].Column, fitted[^1].Width + share), rest - share);
        }

        return fitted;

        int Width() => chosen.Sum(column => column.Width) + chosen.Count - 1;
    }

    public static TopTable Connections(TopState state, TopSnapshot snapshot, int width)
    {
        var columns = Fit(state.Columns, width);
        return new(
            Join(columns.Select(each => TopText.Fit(
                each.Column == state.Sort ? each.Column.Title + (state.IsDescending ? "↓" : "↑") : each.Column.Title,
                each.Width, each.Column.IsNumber)), width),
            snapshot.Rows.Select(row => Join(columns.Select(each => TopText.Fit(
                each.Column.Text(row), each.Width, each.Column.IsNumber, each.Column.IsAddress)), width)));
    }

    public static TopTable Listeners(TopSnapshot snapshot, bool isServer, int width)
    {
        var address = Math.Clamp(width - 58, 18, MaxAddress);
        var last = Math.Max(0, width - address - 43);
        return new(
            Join(
                [
                    TopText.Fit("LISTENER", address), TopText.Fit("QUEUE", 6, true), TopText.Fit("BACKLOG", 7, true),
                    TopText.Fit("OPEN", 7, true), TopText.Fit(isServer ? "ACCEPTED" : "DROPPED", 9, true),
                    TopText.Fit(isServer ? "ACCEPT/s" : "DROP/s", 8, true), TopText.Fit(isServer ? " NOTE" : " PROCESS", last),
                ],
                width),
            snapshot.Listeners.Select(listener => Join(
                [
                    TopText.Fit(listener.EndPoint, address, isAddress: true), TopText.Fit(TopText.Count(listener.Queue), 6, true),
                    TopText.Fit(TopText.Count(listener.Backlog), 7, true),
                    TopText.Fit(TopText.Count(listener.Connections), 7, true),
                    TopText.Fit(TopText.Count(isServer ? listener.Accepted : listener.Drops), 9, true),
                    TopText.Fit(TopText.Amount(isServer ? listener.AcceptedPerSecond : listener.DropsPerSecond), 8, true),
                    TopText.Fit(" " + (listener.Note ?? Describe(listener.Owner)), last),
                ],
                width)));
    }

    public static TopTable Closed(TopSnapshot snapshot, int width)
    {
        var address = Math.Clamp((width - 55) / 2, 15, MaxAddress);
        var last = Math.Max(0, width - (2 * address) - 37);
        return new(
            Join(
                [
                    TopText.Fit("ENDED", 8), TopText.Fit("LOCAL", address), TopText.Fit("REMOTE", address),
                    TopText.Fit("OPEN FOR", 8, true), TopText.Fit("RECEIVED", 8, true), TopText.Fit("SENT", 6, true),
                    TopText.Fit("REASON", last),
                ],
                width),
            snapshot.Closed.Select(closed => Join(
                [
                    closed.At.ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture),
                    TopText.Fit(closed.Local, address, isAddress: true), TopText.Fit(closed.Remote, address, isAddress: true),
                    TopText.Fit((closed.IsOlder ? ">" : "") + TopText.Age(closed.Duration), 8, true),
                    TopText.Fit(TopText.Amount(closed.Received), 8, true), TopText.Fit(TopText.Amount(closed.Sent), 6, true),
                    TopText.Fit(closed.Reason, last),
                ],
                width)));
    }

    private static string Describe(SocketOwner? owner) => owner is null ? ""
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{owner.ProcessId} {owner.Name}");

    private static string Join(IEnumerable<string> cells, int width)
    {
        var line = string.Join(' ', cells);
        return line.Length <= width ? line : line[..width];
    }
}
