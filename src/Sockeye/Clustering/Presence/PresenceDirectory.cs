using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>The sets of this node that others can follow, and the sets of others that this node follows. Safe to call from any
/// thread; one lock guards all of it.</summary>
internal sealed class PresenceDirectory(ClusterLink link, NodeTable nodes)
{
    /// <summary>The key of the set of all users.</summary>
    public const string UsersKey = "*";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, IPresenceSource> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (IPresenceFollower Follower, int Users)> _followers = new(StringComparer.Ordinal);
    private ulong _lastVersion;

    public static string GroupKey(string group) => $"g:{group}";

    public static string UserKey(string user) => $"u:{user}";

    public void AddMember(string key, string connection, string? user)
    {
        lock (_lock)
            GetSourceLocked(key).Add(connection, user);
    }

    public void RemoveMember(string key, string connection)
    {
        lock (_lock)
            GetSourceLocked(key).Remove(connection);
    }

    public void AddUser(string user)
    {
        lock (_lock)
            GetUsersLocked().Add(TopicHash.Compute(user), true);
    }

    public void RemoveUser(string user)
    {
        lock (_lock)
            GetUsersLocked().Remove(TopicHash.Compute(user));
    }

    public int Count(string key)
    {
        lock (_lock)
            return _sources.TryGetValue(key, out var source) ? source.Count : 0;
    }

    /// <summary>Writes a page of the members of a set, and the cursor of the next one before it.</summary>
    public void WritePage(FrameWriter writer, string key, long after, int max)
    {
        var items = PooledBuffer.Rent();
        lock (_lock)
        {
            var next = _sources.TryGetValue(key, out var source) ? source.WritePage(new(items), after, max) : 0;
            writer.WriteNumber((ulong)next);
        }

        writer.WriteRest(items.WrittenMemory.Span);
        items.Release();
    }

    /// <summary>Follows a set on this node and all others. The function is called under the lock, first for what is
    /// there.</summary>
    public IDisposable Watch(string key, Action<ClusterNode, bool, string, string?> onChange)
    {
        lock (_lock)
        {
            var source = GetSourceLocked(key);
            void OnLocal(bool isAdded, string item, string? user) => onChange(link.Self, isAdded, item, user);
            foreach (var (item, user) in source.Items)
                onChange(link.Self, true, item, user);
            source.Changed += OnLocal;
            var follower = (PresenceFollower<string, string?>)AcquireLocked(
                key, () => new PresenceFollower<string, string?>(link, key, MemberFormat.Instance));
            foreach (var (node, item, user) in follower.Items)
                onChange(node, true, item, user);
            follower.Changed += onChange;
            return new PresenceRegistration(() =>
            {
                lock (_lock)
                {
                    source.Changed -= OnLocal;
                    follower.Changed -= onChange;
                    ReleaseLocked(key);
                }
            });
        }
    }

    /// <summary>Begins a watch again.</summary>
    /// <returns>The members of the set that are known. Changes that the watch gets are later ones.</returns>
    public List<(ClusterNode Node, string Item, string? User)> Restart(PresenceWatch watch, string key)
    {
        lock (_lock)
        {
            watch.Restart();
            var own = GetSourceLocked(key).Items.Select(item => (link.Self, item.Key, item.Value));
            return _followers.TryGetValue(key, out var entry)
                ? [.. own, .. ((PresenceFollower<string, string?>)entry.Follower).Items]
                : [.. own];
        }
    }

    /// <summary>Returns the nodes that may have connections of a user. From the first call on, this node follows the users of all
    /// others.</summary>
    public List<ClusterNode> FindNodesOf(string user)
    {
        lock (_lock)
        {
            if (!_followers.ContainsKey(UsersKey))
                AcquireLocked(UsersKey, () => new PresenceFollower<ulong, bool>(link, UsersKey, UserFormat.Instance));
            var users = (PresenceFollower<ulong, bool>)_followers[UsersKey].Follower;
            var hash = TopicHash.Compute(user);
            return [.. nodes.Up.Where(node => !users.IsKnown(node) || users.Has(node, hash))];
        }
    }

    public void OnFollow(ClusterNode node, ref FrameReader frame)
    {
        var (key, version, asked) = (frame.ReadText(), frame.ReadNumber(), frame.ReadNumber());
        lock (_lock)
        {
            // A message for a user goes only to nodes that are known to have the user: that has to be known for certain.
            if (key == UsersKey)
                GetUsersLocked().OnFollow(node, version, asked, confirms: true);
            else
                GetSourceLocked(key).OnFollow(node, version, asked, confirms: false);
        }
    }

    public void OnChanges(ClusterNode node, ref FrameReader frame)
    {
        var changes = PresenceChanges.Read(ref frame);
        lock (_lock)
        {
            // A node that is gone has no members, whatever of it still arrives.
            if (nodes.IsUp(node.Incarnation) && _followers.TryGetValue(changes.Key, out var entry))
                entry.Follower.OnChanges(node, changes, ref frame);
        }
    }

    public void OnNodeChanged(ClusterNodeChange change)
    {
        lock (_lock)
        {
            foreach (var (follower, _) in _followers.Values)
            {
                if (change.Kind is ClusterNodeChangeKind.Joined or ClusterNodeChangeKind.Returned)
                    follower.Ask(change.Node);
                else
                    follower.OnNodeGone(change.Node);
            }
        }
    }

    /// <summary>The work of a beat.</summary>
    public void Check()
    {
        lock (_lock)
        {
            foreach (var (follower, _) in _followers.Values)
            {
                foreach (var node in nodes.Up)
                    follower.Ask(node);
            }

            foreach (var (key, source) in _sources)
            {
                source.Check();
                if (source.IsUnused)
                    _sources.Remove(key);
            }
        }
    }

    private PresenceSource<string, string?> GetSourceLocked(string key)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Sets are read under the lock.");
        return (PresenceSource<string, string?>)GetOrAddLocked(
            key, () => new PresenceSource<string, string?>(link, key, MemberFormat.Instance, () => ++_lastVersion));
    }

    private PresenceSource<ulong, bool> GetUsersLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Sets are read under the lock.");
        return (PresenceSource<ulong, bool>)GetOrAddLocked(
            UsersKey, () => new PresenceSource<ulong, bool>(link, UsersKey, UserFormat.Instance, () => ++_lastVersion));
    }

    private IPresenceSource GetOrAddLocked(string key, Func<IPresenceSource> create)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Sets are added under the lock.");
        if (!_sources.TryGetValue(key, out var source))
            _sources.Add(key, source = create());
        return source;
    }

    private IPresenceFollower AcquireLocked(string key, Func<IPresenceFollower> create)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Sets are followed under the lock.");
        if (_followers.TryGetValue(key, out var entry))
        {
            _followers[key] = (entry.Follower, entry.Users + 1);
            return entry.Follower;
        }

        var follower = create();
        _followers.Add(key, (follower, 1));
        foreach (var node in nodes.Up)
            follower.Ask(node);
        return follower;
    }

    private void ReleaseLocked(string key)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Sets are followed under the lock.");
        var (follower, users) = _followers[key];
        if (users == 1)
            _followers.Remove(key);
        else
            _followers[key] = (follower, users - 1);
    }

    private sealed class PresenceRegistration(Action dispose) : IDisposable
    {
        private int _isDisposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
                dispose();
        }
    }
}
