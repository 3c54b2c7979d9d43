using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>The other nodes that this one knows, and whether each of them is up.</summary>
/// <remarks>
/// With an engine that has no membership, a node is up while it announces itself. That is a lease, not an agreement: each node
/// decides for itself, so the two sides of a partition see different nodes. Safe to call from any thread; events are raised
/// outside the lock.
/// </remarks>
internal sealed class NodeTable(ClusterLink link)
{
    /// <summary>The time for which a lost node is remembered: if it returns, what it sent meanwhile is missed.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, NodeState> _nodes = [];
    private ClusterNode[] _up = [];
    private long _clock;
    private long _lastCheck = link.Time.GetTimestamp();

    /// <summary>Is called for each change, in no particular order between nodes.</summary>
    public Action<ClusterNodeChange>? Changed { get; set; }

    /// <summary>Is called when a node is forgotten.</summary>
    public Action<ulong>? Forgotten { get; set; }

    /// <summary>The nodes that are up, without this one.</summary>
    public IReadOnlyList<ClusterNode> Up => Volatile.Read(ref _up);

    /// <summary>The clock of events: the number of beats that were heard.</summary>
    public long Clock => Volatile.Read(ref _clock);

    public ClusterNode? Find(ulong incarnation)
    {
        lock (_lock)
            return _nodes.GetValueOrDefault(incarnation)?.Node;
    }

    public string NameOf(ulong incarnation) => Find(incarnation)?.Name ?? incarnation.ToString("x16", null);

    public bool IsUp(ulong incarnation)
    {
        lock (_lock)
            return _nodes.GetValueOrDefault(incarnation) is { IsUp: true };
    }

    /// <summary>Whether frames of a node are accepted. A node that has left or crashed sends nothing more; what arrives is old.
    /// </summary>
    public bool Accepts(ulong incarnation)
    {
        lock (_lock)
            return _nodes.GetValueOrDefault(incarnation) is not { HasEnded: true };
    }

    /// <summary>Returns a beat of the node: what the node has sent since then is for topics that were subscribed to at the given
    /// moment on the clock of events. Null if there is none yet.</summary>
    public ulong? GetBeatAfter(ulong incarnation, long? clock)
    {
        if (clock is not { } since)
            return null;
        lock (_lock)
            return _nodes.GetValueOrDefault(incarnation)?.GetBeatAfter(since);
    }

    /// <summary>Returns the nodes that are not up, and whose messages others may keep.</summary>
    public List<ulong> GetGone()
    {
        lock (_lock)
            return [.. _nodes.Values.Where(state => !state.IsUp).Select(state => state.Node.Incarnation)];
    }

    /// <summary>A node has announced itself.</summary>
    /// <param name="node">The node.</param>
    /// <param name="beat">The number of the beat.</param>
    /// <param name="headFrames">The number of frames of heads before it.</param>
    /// <param name="isDirect">Whether the beat was sent to this node only, as an introduction.</param>
    /// <param name="isLeaving">Whether it is the last one.</param>
    public void OnBeat(ClusterNode node, ulong beat, ulong headFrames, bool isDirect, bool isLeaving)
    {
        ClusterNodeChangeKind? change = null;
        lock (_lock)
        {
            var state = GetOrAddLocked(node);
            if (state.HasEnded)
                return;
            var isKnown = state.LastHeard is not null;
            state.LastHeard = link.Time.GetTimestamp();
            if (!isDirect)
                state.OnBeat(beat, headFrames, ++_clock);
            if (isLeaving)
            {
                change = state.IsUp ? ClusterNodeChangeKind.Left : null;
                (state.IsUp, state.HasEnded) = (false, true);
            }
            else if (!state.IsUp && !link.Engine.HasMembership)
            {
                change = isKnown ? ClusterNodeChangeKind.Returned : ClusterNodeChangeKind.Joined;
                state.IsUp = true;
                state.NeedHeads();
            }

            if (change is not null)
                PublishLocked();
        }

        Raise(node, change);
    }

    /// <summary>The engine reports a node.</summary>
    public void OnUp(ClusterNode node)
    {
        lock (_lock)
        {
            var state = GetOrAddLocked(node);
            if (state.IsUp || state.HasEnded)
                return;
            (state.IsUp, state.LastHeard) = (true, link.Time.GetTimestamp());
            state.NeedHeads();
            PublishLocked();
        }

        Raise(node, ClusterNodeChangeKind.Joined);
    }

    /// <summary>The engine reports that a node is gone for good.</summary>
    public void OnDown(ClusterNode node)
    {
        lock (_lock)
        {
            var state = GetOrAddLocked(node);
            var wasUp = state.IsUp;
            (state.IsUp, state.HasEnded, state.LastHeard) = (false, true, link.Time.GetTimestamp());
            if (!wasUp)
                return;
            PublishLocked();
        }

        Raise(node, ClusterNodeChangeKind.Lost);
    }

    /// <summary>Frames of any node may be lost.</summary>
    public void NeedHeadsOfAll()
    {
        lock (_lock)
        {
            foreach (var state in _nodes.Values)
                state.NeedHeads();
        }
    }

    /// <summary>Frames of a node may be lost.</summary>
    public void NeedHeads(ulong incarnation)
    {
        lock (_lock)
            _nodes.GetValueOrDefault(incarnation)?.NeedHeads();
    }

    /// <summary>A frame of heads has arrived, as an announcement.</summary>
    public void OnHeadFrame(ulong incarnation)
    {
        lock (_lock)
            _nodes.GetValueOrDefault(incarnation)?.OnHeadFrame();
    }

    /// <summary>Returns the nodes that are up and whose heads have to be asked for.</summary>
    public List<ClusterNode> GetNodesToAsk()
    {
        lock (_lock)
            return [.. _nodes.Values.Where(state => state.IsUp && state.NeedsHeads).Select(state => state.Node)];
    }

    /// <summary>The heads of a node were asked for in a number of frames.</summary>
    public void OnAsked(ulong incarnation, ulong request, int frames)
    {
        lock (_lock)
            _nodes.GetValueOrDefault(incarnation)?.OnAsked(request, frames);
    }

    /// <summary>A node has answered a frame of a request.</summary>
    public void OnAnswered(ulong incarnation, ulong request)
    {
        lock (_lock)
            _nodes.GetValueOrDefault(incarnation)?.OnAnswered(request);
    }

    /// <summary>Finds nodes that are silent for too long, and forgets those that were lost long ago.</summary>
    public void Check()
    {
        List<ClusterNode> lost = [];
        List<ulong> forgotten = [];
        lock (_lock)
        {
            var pause = link.Since(_lastCheck);
            _lastCheck = link.Time.GetTimestamp();
            // A process that was stopped, or whose machine slept, has heard nothing through no fault of the others.
            var isAwake = pause <= link.Options.NodeTimeout / 2 + link.Options.BeatInterval;
            if (!isAwake)
                ClusterLog.Paused(link.Logger, pause);
            foreach (var state in _nodes.Values)
            {
                if (!isAwake)
                    state.LastHeard = _lastCheck;
                var silence = link.Since(state.LastHeard ?? _lastCheck);
                if (state.IsUp && !link.Engine.HasMembership && silence > link.Options.NodeTimeout)
                {
                    state.IsUp = false;
                    lost.Add(state.Node);
                }
                else if (!state.IsUp && silence > Retention)
                {
                    forgotten.Add(state.Node.Incarnation);
                }
            }

            forgotten.ForEach(incarnation => _nodes.Remove(incarnation));
            if (lost.Count > 0)
                PublishLocked();
        }

        lost.ForEach(node => Raise(node, ClusterNodeChangeKind.Lost));
        forgotten.ForEach(incarnation => Forgotten?.Invoke(incarnation));
    }

    private void Raise(ClusterNode node, ClusterNodeChangeKind? change)
    {
        Debug.Assert(!_lock.IsHeldByCurrentThread, "Events are raised outside the lock.");
        if (change is { } kind)
            Changed?.Invoke(new(node, kind));
    }

    private NodeState GetOrAddLocked(ClusterNode node)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Nodes are added under the lock.");
        if (!_nodes.TryGetValue(node.Incarnation, out var state))
            _nodes.Add(node.Incarnation, state = new(node));
        return state;
    }

    private void PublishLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The list of nodes changes under the lock.");
        var up = _nodes.Values.Where(state => state.IsUp).Select(state => state.Node).OrderBy(node => node.Name)
            .ThenBy(node => node.Incarnation).ToArray();
        if (!up.SequenceEqual(_up))
            Volatile.Write(ref _up, up);
    }
}
