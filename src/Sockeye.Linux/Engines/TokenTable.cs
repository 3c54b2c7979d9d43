using System.Diagnostics;

namespace Sockeye.Linux;

/// <summary>
/// A table of the connections or registrations of one engine thread by their tokens, which the kernel returns in events. For one
/// thread.
/// </summary>
/// <remarks>
/// A token has an index and a generation, the number of times the index was given out: so a late event of a closed connection
/// never reaches a newer one with the same index or descriptor.
/// </remarks>
internal sealed class TokenTable<T>
    where T : class
{
    private const int GenerationBits = 24;
    private const uint GenerationMask = (1u << GenerationBits) - 1;

    private readonly Stack<int> _unused = new();
    private (T? Item, uint Generation)[] _entries = new (T?, uint)[64];
    private int _used;

    public int Count => _used - _unused.Count;

    /// <summary>Adds an item, and returns its token: 56 bits, never 0.</summary>
    public ulong Add(T item)
    {
        if (!_unused.TryPop(out var index))
        {
            if (_used == _entries.Length)
                Array.Resize(ref _entries, 2 * _entries.Length);
            index = _used++;
        }

        ref var entry = ref _entries[index];
        Debug.Assert(entry.Item is null, "The index is free.");
        entry.Generation = (entry.Generation + 1) & GenerationMask;
        entry.Item = item;
        return ((ulong)(uint)(index + 1) << GenerationBits) | entry.Generation;
    }

    /// <summary>Returns the item of a token; null if it was removed.</summary>
    public T? Find(ulong token)
    {
        var index = IndexOf(token);
        if ((uint)index >= (uint)_used)
            return null;
        ref var entry = ref _entries[index];
        return entry.Generation == ((uint)token & GenerationMask) ? entry.Item : null;
    }

    public void Remove(ulong token)
    {
        Debug.Assert(Find(token) is not null, "The token has an item.");
        var index = IndexOf(token);
        _entries[index].Item = null;
        _unused.Push(index);
        Debug.Assert(Count >= 0, "Items are counted.");
    }

    public List<T> ToList() => [.. _entries.Where(entry => entry.Item is not null).Select(entry => entry.Item!)];

    private static int IndexOf(ulong token) => (int)(token >> GenerationBits) - 1;
}
