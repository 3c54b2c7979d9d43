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
            Array.Resize(ref _items, Math.Max(64, _items.Length * 2));
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
}
