namespace Sockeye.Cli;

/// <summary>The last entries of a log, numbered from 1. Safe for concurrent use.</summary>
/// <param name="capacity">The number of entries that are kept.</param>
internal sealed class NumberedLog<T>(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Queue<T> _entries = new();
    private long _last;

    /// <summary>Adds the entry that the function makes of its number.</summary>
    public void Add(Func<long, T> create)
    {
        lock (_lock)
        {
            _entries.Enqueue(create(++_last));
            if (_entries.Count > capacity)
                _entries.Dequeue();
        }
    }

    /// <summary>Returns the entries after a number, and the number of the last.</summary>
    public (IReadOnlyList<T> Entries, long Last) After(long number)
    {
        lock (_lock)
        {
            var first = _last - _entries.Count;
            // A number that was never given is that of an earlier run of the page.
            return ([.. number > _last ? _entries : _entries.Skip((int)Math.Max(0, number - first))], _last);
        }
    }
}
