namespace Sockeye.Linux;

/// <summary>
/// Submissions that wait in our memory, in order, because the kernel could not take what is in the ring. Empty but in extreme
/// shortage of memory, so that a caller of <see cref="Ring.Next"/> never has to handle that there is no room.
/// </summary>
internal sealed class SubmissionSpill
{
    private Submission[] _items = [];
    private int _head;
    private int _tail;

    public int Count => _tail - _head;

    /// <summary>A zeroed submission, to be filled before the next call of anything here.</summary>
    public ref Submission Add()
    {
        if (_tail == _items.Length)
            MakeRoom();
        ref var submission = ref _items[_tail++];
        submission = default;
        return ref submission;
    }

    /// <summary>The oldest, when there is one.</summary>
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
