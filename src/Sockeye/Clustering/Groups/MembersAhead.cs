using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>Members that have received messages which this node delivers later: on another node, or when they joined. Each
/// receives them once. Safe to call from any thread.</summary>
internal sealed class MembersAhead<TMessage>
{
    private readonly Lock _lock = new();
    private readonly List<(MessageWriter<TMessage> Writer, GroupPosition Seen)> _members = [];
    private bool _isEmpty = true;

    public bool IsEmpty => Volatile.Read(ref _isEmpty);

    /// <summary>Adds a member. Call it before the member joins.</summary>
    public void Add(MessageWriter<TMessage> writer, GroupPosition seen)
    {
        lock (_lock)
        {
            _members.Add((writer, seen));
            UpdateLocked();
        }
    }

    /// <summary>Returns the members that have received a message; null if there are none, which is usual.</summary>
    public IReadOnlyCollection<MessageWriter<TMessage>>? Of(GroupStamp stamp)
    {
        if (IsEmpty)
            return null;
        lock (_lock)
            return [.. _members.Where(member => member.Seen.Includes(stamp)).Select(member => member.Writer)];
    }

    /// <summary>Removes members that are no longer ahead.</summary>
    public void RemoveWhere(Func<MessageWriter<TMessage>, GroupPosition, bool> isOver)
    {
        if (IsEmpty)
            return;
        lock (_lock)
        {
            _members.RemoveAll(member => isOver(member.Writer, member.Seen));
            UpdateLocked();
        }
    }

    private void UpdateLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Members change under the lock.");
        Volatile.Write(ref _isEmpty, _members.Count == 0);
    }
}
