using System.Diagnostics;
using System.Numerics;

namespace Sockeye.Cli;

/// <summary>A request without an answer.</summary>
/// <param name="Planned">The timestamp at which it was to start.</param>
/// <param name="Sent">The timestamp at which it was sent.</param>
/// <param name="Id">Its number.</param>
internal readonly record struct OpenRequest(long Planned, long Sent, long Id);

/// <summary>The requests of a connection that have no answer yet, the oldest first. Not safe for concurrent use.</summary>
internal sealed class RequestWindow(int capacity)
{
    private readonly OpenRequest[] _requests = new OpenRequest[BitOperations.RoundUpToPowerOf2((uint)capacity)];
    private int _head;

    public int Capacity => capacity;

    public int Count { get; private set; }

    public bool IsFull => Count == capacity;

    public OpenRequest this[int index] => _requests[Slot(index)];

    public void Add(in OpenRequest request)
    {
        Debug.Assert(!IsFull, "A request is only sent if there is room for it.");
        _requests[Slot(Count++)] = request;
    }

    public OpenRequest Remove()
    {
        Debug.Assert(Count > 0, "There is a request.");
        var first = _requests[_head];
        _head = Slot(1);
        Count--;
        return first;
    }

    /// <summary>Returns the index of a request; -1 if it is not one of those from <paramref name="first"/>.</summary>
    public int IndexOf(long id, int first)
    {
        for (var index = first; index < Count; index++)
        {
            if (this[index].Id == id)
                return index;
        }

        return -1;
    }

    /// <summary>Moves a request to an earlier index. Those between move back by one.</summary>
    public void MoveUp(int to, int from)
    {
        var moved = this[from];
        for (; from > to; from--)
            _requests[Slot(from)] = _requests[Slot(from - 1)];
        _requests[Slot(to)] = moved;
    }

    public void Clear() => (_head, Count) = (0, 0);

    private int Slot(int index) => (_head + index) & (_requests.Length - 1);
}
