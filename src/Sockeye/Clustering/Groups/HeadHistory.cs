using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>The head of this node's messages to a group at its last beats, for nodes that missed some. The lock of the group
/// guards it.</summary>
/// <param name="beat">The last beat before the first message.</param>
internal sealed class HeadHistory(ulong beat)
{
    private const int MaxChanges = 16;

    /// <summary>Beats with the head at each of them, which had changed at the next one.</summary>
    private readonly Queue<(ulong Beat, ulong Head)> _changes = new();
    private (ulong Beat, ulong Head) _last = (beat, 0);

    /// <summary>The head at the last beat.</summary>
    public ulong Last => _last.Head;

    /// <summary>Records a beat.</summary>
    /// <returns>True if the head has changed since the last one.</returns>
    public bool OnBeat(ulong beat, ulong head)
    {
        Debug.Assert(beat >= _last.Beat && head >= _last.Head, "Beats and messages count up.");
        var hasChanged = head != _last.Head;
        if (hasChanged)
        {
            if (_changes.Count == MaxChanges)
                _changes.Dequeue();
            _changes.Enqueue(_last);
        }

        _last = (beat, head);
        return hasChanged;
    }

    /// <summary>Returns the head at a beat. For a beat that is too long ago, it is the first one that is known.</summary>
    public ulong At(ulong beat)
    {
        foreach (var (changed, head) in _changes)
        {
            if (changed >= beat)
                return head;
        }

        return _last.Head;
    }
}
