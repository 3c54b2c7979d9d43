using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>A set of this node that other nodes can follow: the members of a group, the connections of a user, or all users. The
/// lock of the <see cref="PresenceDirectory"/> guards it.</summary>
internal interface IPresenceSource
{
    /// <summary>Whether the set is empty and nothing follows it.</summary>
    bool IsUnused { get; }

    int Count { get; }

    /// <summary>A node follows the set from a version on: it is sent what it does not have.</summary>
    /// <param name="node">The node.</param>
    /// <param name="version">The version that it has.</param>
    /// <param name="asked">Is repeated in the answer.</param>
    /// <param name="confirms">Whether the answer is sent also if the node has all.</param>
    void OnFollow(ClusterNode node, ulong version, ulong asked, bool confirms);

    /// <summary>Removes nodes that follow no longer.</summary>
    void Check();

    /// <summary>Writes items in the order in which they were added, after a cursor, as far as they are for one frame.</summary>
    /// <returns>The cursor for the next page; 0 if there is none.</returns>
    long WritePage(FrameWriter writer, long after, int max);
}

/// <inheritdoc cref="IPresenceSource"/>
internal sealed class PresenceSource<TKey, TValue>(
    ClusterLink link, string key, IPresenceFormat<TKey, TValue> format, Func<ulong> nextVersion) : IPresenceSource
    where TKey : notnull
{
    private const int MaxFrame = 32 * 1024;
    private const int MaxPage = 512 * 1024;
    private const int MaxRecent = 1024;

    private readonly Dictionary<TKey, (long Number, TValue Value)> _items = [];
    private readonly List<(long Number, TKey Key)> _order = [];
    private readonly Dictionary<ClusterNode, long> _followers = [];
    private readonly Queue<(ulong From, ulong To, bool IsAdded, TKey Key, TValue Value)> _recent = new();
    private ulong _version = nextVersion();
    private long _lastNumber;

    /// <summary>Is called for each change, for followers on this node.</summary>
    public Action<bool, TKey, TValue>? Changed { get; set; }

    public int Count => _items.Count;

    public bool IsUnused => _items.Count == 0 && _followers.Count == 0 && Changed is null;

    public IEnumerable<KeyValuePair<TKey, TValue>> Items =>
        _items.Select(item => KeyValuePair.Create(item.Key, item.Value.Value));

    public void Add(TKey item, TValue value)
    {
        var isNew = _items.TryAdd(item, (++_lastNumber, value));
        Debug.Assert(isNew, "An item is added once.");
        _order.Add((_lastNumber, item));
        OnChanged(isAdded: true, item, value);
    }

    public void Remove(TKey item)
    {
        if (!_items.Remove(item, out var removed))
            return;
        if (_order.Count > 64 && _order.Count > 2 * _items.Count)
            _order.RemoveAll(entry => !_items.TryGetValue(entry.Key, out var current) || current.Number != entry.Number);
        OnChanged(isAdded: false, item, removed.Value);
    }

    public void OnFollow(ClusterNode node, ulong version, ulong asked, bool confirms)
    {
        _followers[node] = link.Time.GetTimestamp();
        if (version == _version && !confirms)
            return;
        if (version == _version || _recent.Any(change => change.From == version))
            SendRecent(node, version, asked);
        else
            SendSnapshot(node, asked);
    }

    public void Check()
    {
        foreach (var (node, at) in _followers)
        {
            if (link.Since(at) > link.Options.NodeTimeout)
                _followers.Remove(node);
        }

        if (_followers.Count == 0)
            _recent.Clear();
    }

    public long WritePage(FrameWriter writer, long after, int max)
    {
        var index = _order.BinarySearch((after, default!), ByNumber.Instance);
        index = index < 0 ? ~index : index + 1;
        var cursor = 0L;
        for (; index < _order.Count && max > 0 && writer.Length < MaxPage; index++)
        {
            var (number, item) = _order[index];
            if (!_items.TryGetValue(item, out var current) || current.Number != number)
                continue;
            format.Write(writer, item, current.Value);
            (cursor, max) = (number, max - 1);
        }

        return index < _order.Count ? cursor : 0;
    }

    private void OnChanged(bool isAdded, TKey item, TValue value)
    {
        var (from, to) = (_version, nextVersion());
        Debug.Assert(to > from, "Versions grow.");
        _version = to;
        Changed?.Invoke(isAdded, item, value);
        if (_followers.Count == 0)
            return;
        if (_recent.Count == MaxRecent)
            _recent.Dequeue();
        _recent.Enqueue((from, to, isAdded, item, value));
        var frame = PooledBuffer.Rent();
        var writer = new PresenceChanges(key, 0, from, to, Asked: 0).Write(link, frame);
        writer.WriteByte(isAdded ? (byte)1 : (byte)0);
        format.Write(writer, item, value);
        foreach (var node in _followers.Keys)
            link.Send(node, frame);
        frame.Release();
    }

    private void SendRecent(ClusterNode node, ulong version, ulong asked)
    {
        var frame = PooledBuffer.Rent();
        var writer = new PresenceChanges(key, 0, version, _version, asked).Write(link, frame);
        foreach (var change in _recent.SkipWhile(change => change.From != version))
        {
            writer.WriteByte(change.IsAdded ? (byte)1 : (byte)0);
            format.Write(writer, change.Key, change.Value);
        }

        link.Send(node, frame);
        frame.Release();
    }

    private void SendSnapshot(ClusterNode node, ulong asked)
    {
        var flags = (byte)(PresenceChanges.Snapshot | PresenceChanges.First);
        var frame = PooledBuffer.Rent();
        var writer = new PresenceChanges(key, flags, 0, _version, asked).Write(link, frame);
        foreach (var (item, value) in Items)
        {
            if (frame.WrittenMemory.Length > MaxFrame)
            {
                link.Send(node, frame);
                frame.Release();
                frame = PooledBuffer.Rent();
                writer = new PresenceChanges(key, PresenceChanges.Snapshot, 0, _version, asked).Write(link, frame);
            }

            writer.WriteByte(1);
            format.Write(writer, item, value);
        }

        link.Send(node, frame);
        frame.Release();
        frame = PooledBuffer.Rent();
        flags = (byte)(PresenceChanges.Snapshot | PresenceChanges.Last);
        new PresenceChanges(key, flags, (ulong)_items.Count, _version, asked).Write(link, frame);
        link.Send(node, frame);
        frame.Release();
    }

    private sealed class ByNumber : IComparer<(long Number, TKey Key)>
    {
        public static readonly ByNumber Instance = new();

        public int Compare((long Number, TKey Key) x, (long Number, TKey Key) y) => x.Number.CompareTo(y.Number);
    }
}
