namespace Sockeye.Linux;

/// <summary>
/// An overflow queue of submissions, for a kernel that cannot take those in the ring, which happens only in an extreme shortage
/// of memory. With it, <see cref="Ring.Next"/> never fails for lack of room.
/// </summary>
internal sealed class SubmissionSpill
{
    private Submission[] _items = [];
    private int _head;
    private int _tail;

    public int Count => _tail - _head;

    /// <summary>Returns a zeroed submission, which must be filled before the next call of a member.</summary>
    public ref Submission Add()
    {
        if (_tail == _items.Length)
            MakeRoom();
        ref var submission = ref _items[_tail++];
        submission = default;
        return ref submission;
    }

    /// <summary>Removes and returns the oldest submission. There must be one.</summary>
    public Submission Take()
    {
        var submission = _items[_head++];
        if (_head == _tail)
            _head = _tail = 0;
        return submission;
    }

    private void MakeRoom()
    {
        var waiting = _items.AsSpan(_head.._tail);
        var items = waiting.Length > _items.Length / 2 ? new Submission[_items.Length * 2] : _items;
        if (items.Length == 0)
            items = new Submission[64];
        waiting.CopyTo(items);
        (_items, _tail, _head) = (items, waiting.Length, 0);
    }
}
