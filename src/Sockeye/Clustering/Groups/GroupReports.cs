namespace Sockeye.Clustering;

/// <summary>Gaps to report, and members to end because they are too slow: both run code of users, so they wait until the lock of
/// the group is released. Safe to call from any thread.</summary>
internal sealed class GroupReports<TMessage>(MessageGroup<TMessage> members, Action<GroupGap> onGap)
{
    private readonly Lock _lock = new();
    private readonly List<GroupGap> _gaps = [];
    private readonly List<(GroupMember<TMessage> Member, PooledBuffer Frame)> _tooSlow = [];
    private bool _isEmpty = true;

    public void Add(GroupGap gap)
    {
        lock (_lock)
        {
            _gaps.Add(gap);
            Volatile.Write(ref _isEmpty, false);
        }
    }

    public void Add(List<(GroupMember<TMessage> Member, PooledBuffer Frame)> tooSlow)
    {
        lock (_lock)
        {
            _tooSlow.AddRange(tooSlow);
            Volatile.Write(ref _isEmpty, false);
        }
    }

    /// <summary>Reports what waits. Outside the lock of the group.</summary>
    public void Send()
    {
        if (Volatile.Read(ref _isEmpty))
            return;
        List<GroupGap> gaps;
        List<(GroupMember<TMessage>, PooledBuffer)> tooSlow;
        lock (_lock)
        {
            Volatile.Write(ref _isEmpty, true);
            (gaps, tooSlow) = ([.. _gaps], [.. _tooSlow]);
            _gaps.Clear();
            _tooSlow.Clear();
        }

        if (tooSlow.Count > 0)
            members.Disconnect(tooSlow);
        gaps.ForEach(onGap);
    }
}
