namespace Sockeye.Cli;

/// <summary>The live screen: takes snapshots, applies keys, draws.</summary>
internal sealed class TopRun(ITopSource source, TopState state, TimeProvider time)
{
    private TopSnapshot _snapshot = TopSnapshot.Empty;
    private long _refreshedAt;
    private (int Width, int Height) _queriedFor;

    /// <summary>Runs until the user quits. Returns without an exception also if the source stops answering.</summary>
    /// <exception cref="TopSourceException">The source does not answer the first time.</exception>
    public async Task RunAsync()
    {
        await source.RefreshAsync(CancellationToken.None); // Before the screen changes, so that an error stays readable.
        _refreshedAt = time.GetTimestamp();
        using var terminal = new TopTerminal();
        try
        {
            await QueryAsync(terminal.Ended);
            while (!terminal.Ended.IsCancellationRequested)
            {
                Draw(terminal);
                if (await WaitForKeyAsync(terminal) is { } key)
                {
                    // Keys that arrived together need one query.
                    var action = TopKeys.Apply(state, key, _snapshot);
                    if (action is TopAction.Quit)
                        return;
                    await CarryOutAsync(action, terminal.Ended);
                    await QueryAsync(terminal.Ended);
                }
                else if (TopTerminal.Size != _queriedFor)
                {
                    await QueryAsync(terminal.Ended); // Another number of rows fits.
                }

                if (!state.IsPaused && time.GetElapsedTime(_refreshedAt) >= state.Interval)
                    await RefreshAsync(terminal.Ended);
            }
        }
        catch (OperationCanceledException) when (terminal.Ended.IsCancellationRequested)
        {
            // The user or the system ends the tool.
        }
    }

    /// <summary>Returns the next key; null when it is time for a snapshot, or the size has changed.</summary>
    private async Task<ConsoleKeyInfo?> WaitForKeyAsync(TopTerminal terminal)
    {
        if (terminal.Keys.TryRead(out var next))
            return next;
        var due = state.IsPaused ? state.Interval : state.Interval - time.GetElapsedTime(_refreshedAt);
        if (due <= TimeSpan.Zero)
            return null;
        using var timer = new CancellationTokenSource(due, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, terminal.Ended);
        try
        {
            return await terminal.Keys.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!terminal.Ended.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task CarryOutAsync(TopAction action, CancellationToken cancellationToken)
    {
        if (action is TopAction.Refresh)
            await RefreshAsync(cancellationToken);
        if (action is not TopAction.Close || state.Closing is not { } row)
            return;
        try
        {
            await source.CloseAsync(row, state.InputText.Trim(), cancellationToken);
            state.Message = $"closed {row.Remote} ({row.Key}): {state.InputText.Trim()}";
            await source.RefreshAsync(cancellationToken);
        }
        catch (TopSourceException e)
        {
            state.Message = e.Message;
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        _refreshedAt = time.GetTimestamp();
        try
        {
            await source.RefreshAsync(cancellationToken);
        }
        catch (TopSourceException e)
        {
            state.Message = e.Message;
            return;
        }

        await QueryAsync(cancellationToken);
    }

    private async Task QueryAsync(CancellationToken cancellationToken)
    {
        _queriedFor = TopTerminal.Size;
        var height = _queriedFor.Height;
        state.PageSize = Math.Max(1, height - TopScreen.GetFrame(_snapshot, height));
        try
        {
            _snapshot = await source.QueryAsync(state.ToQuery(), cancellationToken);
            var offset = state.Offset;
            state.Select(state.Selected, TopKeys.Count(state, _snapshot));
            if (state.View is TopView.Connections && offset != state.Offset)
                _snapshot = await source.QueryAsync(state.ToQuery(), cancellationToken);
        }
        catch (TopSourceException e)
        {
            state.Message = e.Message;
        }
    }

    private void Draw(TopTerminal terminal)
    {
        var (width, height) = TopTerminal.Size;
        terminal.Show(TopScreen.Draw(state, _snapshot, width, height), width);
    }
}
