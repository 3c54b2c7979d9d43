using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>The last messages of one sender in a group, with consecutive numbers. The lock of the group guards it.</summary>
internal sealed class ReplayRing(int maxMessages)
{
    private readonly Queue<PooledBuffer> _frames = new();

    /// <summary>The number of the oldest message; one above the last number if there is none.</summary>
    public ulong First { get; private set; } = 1;

    public ulong Next => First + (ulong)_frames.Count;

    public int Count => _frames.Count;

    /// <summary>Adds the next message, and removes the oldest one if there are too many.</summary>
    public void Add(ulong number, PooledBuffer frame)
    {
        if (number != Next)
            Clear(number);
        if (maxMessages == 0)
        {
            First = number + 1;
            return;
        }

        if (_frames.Count == maxMessages)
        {
            _frames.Dequeue().Release();
            First++;
        }

        frame.AddReference();
        _frames.Enqueue(frame);
        Debug.Assert(Next == number + 1, "Messages of the ring have consecutive numbers.");
    }

    /// <summary>Returns the messages from a number on, which belong to the ring.</summary>
    public IEnumerable<(ulong Number, PooledBuffer Frame)> From(ulong number)
    {
        var current = First;
        foreach (var frame in _frames)
        {
            if (current >= number)
                yield return (current, frame);
            current++;
        }
    }

    /// <summary>Removes all messages; the next one has the given number.</summary>
    public void Clear(ulong next)
    {
        while (_frames.TryDequeue(out var frame))
            frame.Release();
        First = next;
    }
}
