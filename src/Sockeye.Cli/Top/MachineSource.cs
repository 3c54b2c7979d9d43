using System.Globalization;
using System.Runtime.InteropServices;

namespace Sockeye.Cli;

/// <summary>All TCP connections of this machine, or of this network namespace.</summary>
/// <remarks>
/// A row is an object that lives as long as its connection, so that a snapshot of many connections allocates little. Rates come
/// from the counters of two snapshots.
/// </remarks>
internal sealed class MachineSource(TimeProvider time) : ITopSource
{
    private const int MaxClosed = 500;

    private readonly SystemSockets _sockets = new();
    private readonly SocketOwners _owners = new(time);
    private readonly List<SocketEntry> _listenerEntries = [];
    private readonly List<SocketEntry> _entries = [];
    private readonly Dictionary<ulong, TopRow> _rows = [];
    private readonly List<TopRow> _view = [];
    private readonly LinkedList<TopClosed> _closed = new();
    private readonly MachineFigures _figures = new();
    private readonly ListenerConnections _connections = new();
    private TopQuery? _viewed;
    private TopRow? _watched;
    private long _readAt;
    private TimeSpan _elapsed;
    private int _generation;

    public IReadOnlyList<TopColumn> Columns => TopColumn.OfMachine;

    public string DefaultSort => "out";

    public bool CanClose => false;

    public ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            Refresh();
        }
        catch (SocketDiagnosticsException e)
        {
            throw new TopSourceException(e.Message, e);
        }

        return default;
    }

    public ValueTask<TopSnapshot> QueryAsync(TopQuery query, CancellationToken cancellationToken) => new(Query(query));

    public ValueTask CloseAsync(TopRow row, string reason, CancellationToken cancellationToken) =>
        throw new TopSourceException("closing needs the admin page of a Sockeye server: sockeye top URL");

    public void Dispose() => _sockets.Dispose();

    private void Refresh()
    {
        var now = time.GetTimestamp();
        _elapsed = _generation == 0 ? TimeSpan.Zero : time.GetElapsedTime(_readAt, now);
        _readAt = now;
        _generation++;
        _sockets.Read(_listenerEntries, _entries);
        _owners.Refresh(CollectionsMarshal.AsSpan(_listenerEntries), CollectionsMarshal.AsSpan(_entries));
        _figures.Begin(_elapsed);
        _connections.Begin(_listenerEntries);
        foreach (ref readonly var entry in CollectionsMarshal.AsSpan(_entries))
            Update(in entry);
        _figures.AddListeners(_listenerEntries);
        RemoveGone();
        _viewed = null;
    }

    private void Update(in SocketEntry entry)
    {
        ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(_rows, entry.Cookie, out var exists);
        if (!exists)
        {
            row = new()
            {
                Key = entry.Cookie.ToString(CultureInfo.InvariantCulture),
                Age = TimeSpan.Zero,
                IsOlder = _generation == 1,
            };
        }

        MachineRow.Update(row!, in entry, exists ? _elapsed : TimeSpan.Zero);
        row!.Generation = _generation;
        _connections.Add(entry.Local);
        _figures.Add(row);
    }

    /// <summary>Keeps what is known about connections that ended, without those that only waited for late segments.</summary>
    private void RemoveGone()
    {
        foreach (var (cookie, row) in _rows)
        {
            if (row.Generation == _generation)
                continue;
            row.IsGone = true;
            _rows.Remove(cookie);
            if (row.State is "TIME-WAIT" or "SYN-RECV")
                continue;
            row.Owner ??= _owners.Find(row.Inode);
            _closed.AddFirst(new TopClosed(
                time.GetLocalNow(), row.Local, row.Remote, row.Age ?? TimeSpan.Zero, row.IsOlder, row.Received, row.Sent,
                $"was {row.State}{(row.Owner is { } owner ? $", {owner.Name} {owner.ProcessId}" : "")}"));
            if (_closed.Count > MaxClosed)
                _closed.RemoveLast();
        }
    }

    private TopSnapshot Query(TopQuery query)
    {
        if (_viewed is not { } viewed || viewed.Sort != query.Sort || viewed.IsDescending != query.IsDescending
            || viewed.Filter != query.Filter)
            FillView(query);
        _viewed = query;
        List<TopRow> rows = new(Math.Min(query.Limit, 200));
        var offset = Math.Clamp(query.Offset, 0, Math.Max(0, _view.Count - 1));
        for (var i = offset; i < _view.Count && rows.Count < query.Limit; i++)
        {
            var row = _view[i];
            row.Owner ??= _owners.Find(row.Inode);
            if (row.History is null && query.Limit < int.MaxValue)
                (row.History = new()).Add(row);
            rows.Add(row);
        }

        if (query.Watched != _watched?.Key)
            _watched = query.Watched is null ? null : _view.Find(row => row.Key == query.Watched);
        return new()
        {
            At = time.GetLocalNow(),
            Figures = _figures.ToLines(_rows.Count, _listenerEntries.Count),
            Warnings = _sockets.Limitation is { } limitation ? [limitation] : [],
            Rates = _figures.Rates,
            Total = _rows.Count,
            Matching = _view.Count,
            Offset = offset,
            Rows = rows,
            Listeners = GetListeners(),
            Closed = [.. _closed],
            Watched = _watched,
        };
    }

    private void FillView(TopQuery query)
    {
        var needsOwners = query.Filter.NeedsOwner || query.Sort.Name is "pid" or "process";
        _view.Clear();
        foreach (var row in _rows.Values)
        {
            if (needsOwners)
                row.Owner ??= _owners.Find(row.Inode);
            if (query.Filter.Matches(row))
                _view.Add(row);
        }

        var compare = query.Sort.Compare;
        var sign = query.IsDescending ? -1 : 1;
        _view.Sort((a, b) => compare(a, b) * sign is var order and not 0 ? order : string.CompareOrdinal(a.Key, b.Key));
    }

    private List<TopListener> GetListeners()
    {
        List<TopListener> listeners = new(_listenerEntries.Count);
        foreach (ref readonly var entry in CollectionsMarshal.AsSpan(_listenerEntries))
        {
            listeners.Add(new(
                entry.Local.ToString(), _sockets.Limitation is null ? entry.ReceiveQueue : null,
                _sockets.Limitation is null ? entry.SendQueue : null, _connections.Get(entry.Local))
            {
                Drops = entry.Drops,
                DropsPerSecond = _figures.GetDropRate(entry.Cookie),
                Owner = _owners.Find(entry.Inode),
            });
        }

        return listeners;
    }
}
