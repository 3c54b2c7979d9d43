namespace Sockeye.Clustering;

/// <summary>One set of presence on all other nodes, as this node knows it. The lock of the
/// <see cref="PresenceDirectory"/> guards it.</summary>
/// <remarks>
/// Each beat asks every node for changes after the version that is known, so that a lost change is noticed within one beat. A
/// node that is gone loses its items.
/// </remarks>
internal interface IPresenceFollower
{
    string Key { get; }

    void OnChanges(ClusterNode node, PresenceChanges changes, ref FrameReader frame);

    void OnNodeGone(ClusterNode node);

    /// <summary>Asks a node for what is new.</summary>
    void Ask(ClusterNode node);
}

/// <inheritdoc cref="IPresenceFollower"/>
internal sealed class PresenceFollower<TKey, TValue>(ClusterLink link, string key, IPresenceFormat<TKey, TValue> format)
    : IPresenceFollower
    where TKey : notnull
{
    private readonly Dictionary<ulong, View> _views = [];

    public string Key => key;

    /// <summary>Is called for each change.</summary>
    public Action<ClusterNode, bool, TKey, TValue>? Changed { get; set; }

    /// <summary>Whether the items of a node are known as they were two and a half beats ago, or later. One answer may be lost; if
    /// the next one is missing too, the node may have items that this one does not know.</summary>
    public bool IsKnown(ClusterNode node) =>
        _views.TryGetValue(node.Incarnation, out var view)
        && view.ConfirmedAt is { } confirmed && link.Since(confirmed) <= 2.5 * link.Options.BeatInterval;

    /// <summary>Whether a node is known to have an item.</summary>
    public bool Has(ClusterNode node, TKey item) =>
        _views.TryGetValue(node.Incarnation, out var view) && view.Items.ContainsKey(item);

    public IEnumerable<(ClusterNode Node, TKey Key, TValue Value)> Items =>
        from view in _views.Values from item in view.Items select (view.Node, item.Key, item.Value);

    public void Ask(ClusterNode node)
    {
        var frame = PooledBuffer.Rent();
        var writer = link.Begin(frame, FrameKind.Follow);
        writer.WriteText(key);
        writer.WriteNumber(_views.TryGetValue(node.Incarnation, out var view) ? view.Version : 0);
        writer.WriteNumber((ulong)link.Time.GetTimestamp());
        link.Send(node, frame);
        frame.Release();
    }

    public void OnChanges(ClusterNode node, PresenceChanges changes, ref FrameReader frame)
    {
        if (!_views.TryGetValue(node.Incarnation, out var view))
            _views.Add(node.Incarnation, view = new(node));
        if (changes.IsSnapshot)
        {
            OnSnapshot(view, changes, ref frame);
        }
        else if (changes.From == view.Version && view.Version != 0)
        {
            while (!frame.IsAtEnd)
                Apply(view, ref frame);
            Confirm(view, changes.To, changes.Asked);
        }
        else if (changes.To > view.Version)
        {
            Ask(node);
        }
    }

    public void OnNodeGone(ClusterNode node)
    {
        if (!_views.Remove(node.Incarnation, out var view))
            return;
        foreach (var (item, value) in view.Items)
            Changed?.Invoke(node, false, item, value);
    }

    private void OnSnapshot(View view, PresenceChanges changes, ref FrameReader frame)
    {
        if (changes.IsFirst)
            view.Snapshot = new(changes.To, []);
        if (view.Snapshot is not { } snapshot || snapshot.Version != changes.To)
            return; // Its start was lost, or another one began: the next beat asks again.
        while (!frame.IsAtEnd)
        {
            frame.ReadByte();
            var (item, value) = format.Read(ref frame);
            snapshot.Items[item] = value;
        }

        if (!changes.IsLast)
            return;
        view.Snapshot = null;
        if ((ulong)snapshot.Items.Count != changes.From)
            return; // A part was lost: the next beat asks again.
        foreach (var (item, value) in view.Items.ToList())
        {
            if (snapshot.Items.ContainsKey(item))
                continue;
            view.Items.Remove(item);
            Changed?.Invoke(view.Node, false, item, value);
        }

        foreach (var (item, value) in snapshot.Items)
        {
            if (view.Items.TryAdd(item, value))
                Changed?.Invoke(view.Node, true, item, value);
        }

        Confirm(view, snapshot.Version, changes.Asked);
    }

    /// <summary>The items are those of a version, as the node had it when it was asked, or later.</summary>
    private void Confirm(View view, ulong version, ulong asked)
    {
        view.Version = version;
        if (asked != 0)
            view.ConfirmedAt = Math.Max(view.ConfirmedAt ?? 0, Math.Min((long)asked, link.Time.GetTimestamp()));
    }

    private void Apply(View view, ref FrameReader frame)
    {
        var isAdded = frame.ReadByte() != 0;
        var (item, value) = format.Read(ref frame);
        if (isAdded ? view.Items.TryAdd(item, value) : view.Items.Remove(item, out value!))
            Changed?.Invoke(view.Node, isAdded, item, value);
    }

    private sealed class View(ClusterNode node)
    {
        public ClusterNode Node => node;

        /// <summary>The version of the items; 0: not known.</summary>
        public ulong Version { get; set; }

        /// <summary>The time at which the node was asked for the newest answer that has arrived; null: it has not answered.
        /// </summary>
        public long? ConfirmedAt { get; set; }

        public Dictionary<TKey, TValue> Items { get; } = [];

        public Snapshot? Snapshot { get; set; }
    }

    private sealed record Snapshot(ulong Version, Dictionary<TKey, TValue> Items);
}
