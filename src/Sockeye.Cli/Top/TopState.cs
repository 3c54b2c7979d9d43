namespace Sockeye.Cli;

internal enum TopView
{
    Connections,
    Listeners,
    Closed,
    Connection,
    Help,
}

/// <summary>The line that the user is typing.</summary>
internal enum TopInput
{
    None,
    Filter,
    Reason,
}

/// <summary>The state of the screen that keys change.</summary>
internal sealed class TopState(IReadOnlyList<TopColumn> columns, TopColumn sort, bool isDescending)
{
    public IReadOnlyList<TopColumn> Columns => columns;

    public TopView View { get; set; }

    /// <summary>Gets or sets the view to which Escape returns from a connection's page or the help.</summary>
    public TopView Previous { get; set; }

    public TopColumn Sort { get; set; } = sort;

    public bool IsDescending { get; set; } = isDescending;

    public TopFilter Filter { get; set; } = TopFilter.All;

    /// <summary>Gets or sets the index of the selected row among all that match.</summary>
    public int Selected { get; set; }

    /// <summary>Gets or sets the number of rows above the first visible one.</summary>
    public int Offset { get; set; }

    /// <summary>Gets or sets the number of rows that the screen has.</summary>
    public int PageSize { get; set; } = 20;

    public bool IsPaused { get; set; }

    public TopInput Input { get; set; }

    public string InputText { get; set; } = "";

    /// <summary>Gets or sets the connection to close, for which the user types a reason. Rows may be in another order by
    /// then.</summary>
    public TopRow? Closing { get; set; }

    /// <summary>Gets or sets the answer to the last key, until the next one.</summary>
    public string Message { get; set; } = "";

    /// <summary>Gets or sets the connection whose page is open.</summary>
    public string? Watched { get; set; }

    public bool CanClose { get; init; }

    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    public TopQuery ToQuery() => new(Sort, IsDescending, Filter, Offset, PageSize, Watched);

    /// <summary>Moves the selection, and scrolls as far as it needs to be visible.</summary>
    public void Select(int index, int count)
    {
        Selected = Math.Clamp(index, 0, Math.Max(0, count - 1));
        Offset = Math.Clamp(Offset, Math.Max(0, Selected - PageSize + 1), Selected);
        Offset = Math.Min(Offset, Math.Max(0, count - PageSize));
    }

    public void Show(TopView view)
    {
        if (View is not (TopView.Connection or TopView.Help))
            Previous = View;
        if (view is not (TopView.Connection or TopView.Help))
            (Selected, Offset, Watched) = (0, 0, null);
        View = view;
    }
}
