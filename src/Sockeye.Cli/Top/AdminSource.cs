using System.Globalization;

namespace Sockeye.Cli;

/// <summary>The connections of a Sockeye server, by its admin page, which sorts and filters them.</summary>
internal sealed class AdminSource(AdminClient client, TimeProvider time) : ITopSource
{
    private const int MaxRows = 200; // of the page
    private const int MaxFiltered = 2000;
    private const int MaxHistories = 400;

    private readonly Dictionary<string, TopHistory> _histories = [];
    private AdminServer? _server;
    private IReadOnlyList<TopClosed> _closed = [];
    private TopRow? _watched;
    private bool _isNew;

    public IReadOnlyList<TopColumn> Columns => TopColumn.OfServer;

    public string DefaultSort => "out";

    public bool CanClose => true;

    public async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        _server = await client.GetAsync("api/server", AdminServer.Read, cancellationToken);
        _closed = await client.GetAsync("api/closed", AdminRows.ReadAllClosed, cancellationToken);
        _isNew = true;
    }

    public async ValueTask<TopSnapshot> QueryAsync(TopQuery query, CancellationToken cancellationToken)
    {
        var (rows, total, matching, isCut) = query.Filter.IsAll || query.Filter.Word is not null
            ? await FetchAsync(query, cancellationToken)
            : await FilterAsync(query, cancellationToken);
        await WatchAsync(query.Watched, rows, cancellationToken);
        if (_isNew)
            AddHistory(rows);
        _isNew = false;
        var server = _server!;
        return new()
        {
            At = time.GetLocalNow(),
            Figures = server.Figures,
            Warnings = isCut
                ? [.. server.Warnings, $"The filter sees the first {MaxFiltered} of {total} connections, in this order."]
                : server.Warnings,
            Rates = server.Rates,
            Total = total,
            Matching = matching,
            Offset = query.Offset,
            Rows = rows,
            Listeners = server.Listeners,
            Closed = _closed,
            Watched = _watched,
        };
    }

    public async ValueTask CloseAsync(TopRow row, string reason, CancellationToken cancellationToken) =>
        await client.CloseAsync(row.Key, reason, cancellationToken);

    public void Dispose() => client.Dispose();

    /// <summary>Lets the page filter by one word, if there is any.</summary>
    private async ValueTask<(List<TopRow> Rows, int Total, int Matching, bool IsCut)> FetchAsync(
        TopQuery query, CancellationToken cancellationToken)
    {
        List<TopRow> rows = [];
        var (total, matching) = (0, int.MaxValue);
        while (rows.Count < query.Limit && query.Offset + rows.Count < matching)
        {
            var limit = Math.Clamp(query.Limit - rows.Count, 1, MaxRows);
            var page = await client.GetAsync(
                AdminRows.GetQuery(query, query.Offset + rows.Count, limit), AdminRows.ReadAll, cancellationToken);
            (total, matching) = (page.Total, page.Matching);
            if (page.Rows.Count == 0)
                break;
            rows.AddRange(page.Rows);
        }

        return (rows, total, matching, false);
    }

    /// <summary>Filters the first rows here, by conditions that the page does not know.</summary>
    private async ValueTask<(List<TopRow> Rows, int Total, int Matching, bool IsCut)> FilterAsync(
        TopQuery query, CancellationToken cancellationToken)
    {
        var (all, total, _, _) = await FetchAsync(
            query with { Filter = TopFilter.All, Offset = 0, Limit = MaxFiltered }, cancellationToken);
        var found = all.Where(query.Filter.Matches).ToList();
        return ([.. found.Skip(query.Offset).Take(query.Limit)], total, found.Count, total > all.Count);
    }

    private async ValueTask WatchAsync(string? key, List<TopRow> rows, CancellationToken cancellationToken)
    {
        if (key is null)
        {
            _watched = null;
            return;
        }

        var row = rows.Find(each => each.Key == key);
        if (row is null)
        {
            var page = await client.GetAsync(
                $"api/connections?q={Uri.EscapeDataString(key)}&limit={MaxRows.ToString(CultureInfo.InvariantCulture)}",
                AdminRows.ReadAll, cancellationToken);
            row = page.Rows.FirstOrDefault(each => each.Key == key);
            if (row is not null && _isNew)
                AddHistory([row]);
        }

        if (row is null && _watched is not null)
            _watched.IsGone = true;
        else
            _watched = row;
    }

    private void AddHistory(List<TopRow> rows)
    {
        if (_histories.Count > MaxHistories)
            _histories.Clear();
        foreach (var row in rows.Take(MaxHistories))
        {
            if (!_histories.TryGetValue(row.Key, out var history))
                _histories[row.Key] = history = new();
            history.Add(row);
            row.History = history;
        }
    }
}
