namespace Sockeye.Cli;

/// <summary>The action that a key asks for, beyond a change of the state.</summary>
internal enum TopAction
{
    None,
    Quit,
    Refresh,
    Close,
}

/// <summary>Applies keys to the state, as htop has them.</summary>
internal static class TopKeys
{
    private const int MaxInput = 200;

    /// <summary>Whether the key ends the tool at any time, also while a source does not answer.</summary>
    public static bool IsInterrupt(ConsoleKeyInfo key) =>
        key.Key is ConsoleKey.C && key.Modifiers.HasFlag(ConsoleModifiers.Control);

    /// <summary>Applies one key.</summary>
    public static TopAction Apply(TopState state, ConsoleKeyInfo key, TopSnapshot snapshot)
    {
        state.Message = "";
        if (IsInterrupt(key))
            return TopAction.Quit;
        if (state.Input is not TopInput.None)
            return ApplyToInput(state, key);
        return ApplyMove(state, key, Count(state, snapshot)) ? TopAction.None : ApplyCommand(state, key, snapshot);
    }

    /// <summary>Returns the number of rows of the view.</summary>
    public static int Count(TopState state, TopSnapshot snapshot) => state.View switch
    {
        TopView.Listeners => snapshot.Listeners.Count,
        TopView.Closed => snapshot.Closed.Count,
        _ => snapshot.Matching,
    };

    private static TopAction ApplyToInput(TopState state, ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.Escape:
                state.Input = TopInput.None;
                break;
            case ConsoleKey.Backspace when state.InputText.Length > 0:
                state.InputText = state.InputText[..^1];
                break;
            case ConsoleKey.U when key.Modifiers.HasFlag(ConsoleModifiers.Control):
                state.InputText = "";
                break;
            case ConsoleKey.Enter when state.Input is TopInput.Reason:
                state.Input = TopInput.None;
                return state.InputText.Trim().Length > 0 ? TopAction.Close : TopAction.None;
            case ConsoleKey.Enter:
                ApplyFilter(state);
                break;
            case var _ when !char.IsControl(key.KeyChar) && state.InputText.Length < MaxInput:
                state.InputText += key.KeyChar;
                break;
        }

        return TopAction.None;
    }

    private static void ApplyFilter(TopState state)
    {
        if (TopFilter.Parse(state.InputText, out var error) is not { } filter)
        {
            state.Message = error!;
            return;
        }

        (state.Filter, state.Input, state.Selected, state.Offset) = (filter, TopInput.None, 0, 0);
    }

    private static bool ApplyMove(TopState state, ConsoleKeyInfo key, int count)
    {
        var index = key.Key switch
        {
            ConsoleKey.UpArrow => state.Selected - 1,
            ConsoleKey.DownArrow => state.Selected + 1,
            ConsoleKey.PageUp => state.Selected - state.PageSize,
            ConsoleKey.PageDown => state.Selected + state.PageSize,
            ConsoleKey.Home => 0,
            ConsoleKey.End => count - 1,
            _ => int.MinValue,
        };
        if (index == int.MinValue || state.View is TopView.Connection or TopView.Help)
            return false;
        state.Select(index, count);
        return true;
    }

    private static TopAction ApplyCommand(TopState state, ConsoleKeyInfo key, TopSnapshot snapshot)
    {
        switch (key.Key, key.KeyChar)
        {
            case (ConsoleKey.F10, _) or (_, 'q' or 'Q'):
                return TopAction.Quit;
            case (ConsoleKey.F1, _) or (_, '?' or 'h'):
                state.Show(state.View is TopView.Help ? state.Previous : TopView.Help);
                break;
            case (ConsoleKey.Escape or ConsoleKey.Backspace, _):
                Leave(state);
                break;
            case (ConsoleKey.F3 or ConsoleKey.F4, _) or (_, '/' or '\\'):
                (state.Input, state.InputText) = (TopInput.Filter, state.Filter.Text);
                break;
            case (ConsoleKey.F6 or ConsoleKey.RightArrow, _) or (_, '>' or '.'):
                Sort(state, 1);
                break;
            case (ConsoleKey.LeftArrow, _) or (_, '<' or ','):
                Sort(state, -1);
                break;
            case (_, 'I' or 'r'):
                state.IsDescending = !state.IsDescending;
                break;
            case (ConsoleKey.Spacebar, _) or (_, 'p' or 'Z'):
                state.IsPaused = !state.IsPaused;
                break;
            case (ConsoleKey.F5, _) or (_, 'R'):
                return TopAction.Refresh;
            case (ConsoleKey.Tab, _):
                state.Show((TopView)(((int)state.View + 1) % 3));
                break;
            case (_, '1' or '2' or '3'):
                state.Show((TopView)(key.KeyChar - '1'));
                break;
            case (ConsoleKey.Enter, _):
                Open(state, snapshot);
                break;
            case (ConsoleKey.F9, _) or (_, 'k'):
                AskForReason(state, snapshot);
                break;
            default:
                SortBy(state, key.KeyChar);
                break;
        }

        return TopAction.None;
    }

    private static void Leave(TopState state)
    {
        if (state.View is TopView.Connection or TopView.Help)
            (state.View, state.Watched) = (state.Previous, state.View is TopView.Connection ? null : state.Watched);
        else if (!state.Filter.IsAll)
            state.Filter = TopFilter.All;
    }

    private static void Open(TopState state, TopSnapshot snapshot)
    {
        if (state.View is not TopView.Connections || SelectedRow(state, snapshot) is not { } row)
            return;
        state.Show(TopView.Connection);
        state.Watched = row.Key;
    }

    private static void AskForReason(TopState state, TopSnapshot snapshot)
    {
        if (!state.CanClose)
            state.Message = "closing needs the admin page of a Sockeye server: sockeye top URL";
        else if (SelectedRow(state, snapshot) is { } row)
            (state.Input, state.InputText, state.Closing) = (TopInput.Reason, "", row);
    }

    /// <summary>Returns the row whose page is open, or the selected one.</summary>
    public static TopRow? SelectedRow(TopState state, TopSnapshot snapshot) => state.View switch
    {
        TopView.Connection => snapshot.Watched,
        TopView.Connections => snapshot.Rows.ElementAtOrDefault(state.Selected - snapshot.Offset),
        _ => null,
    };

    /// <summary>Sorts by the next column that the source can sort by.</summary>
    private static void Sort(TopState state, int step)
    {
        var columns = state.Columns.Where(column => !state.CanClose || column.ServerSort is not null).ToList();
        SortBy(state, columns[(columns.IndexOf(state.Sort) + step + columns.Count) % columns.Count]);
    }

    /// <summary>Sorts by a column with a letter.</summary>
    private static void SortBy(TopState state, char letter)
    {
        var name = letter switch
        {
            'i' => "in",
            'o' => "out",
            't' => "rtt",
            'x' => "retrans",
            'a' => "age",
            's' => "state",
            'P' => "process",
            _ => "",
        };
        if (state.Columns.FirstOrDefault(column => column.Name == name) is not { } column)
            return;
        if (state.CanClose && column.ServerSort is null)
            state.Message = $"the admin page does not sort by {column.Title}";
        else
            SortBy(state, column);
    }

    private static void SortBy(TopState state, TopColumn column) =>
        (state.Sort, state.IsDescending, state.Selected, state.Offset) = (column, column.IsNumber, 0, 0);
}
