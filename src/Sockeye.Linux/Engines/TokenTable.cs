namespace Sockeye.Linux;

/// <summary>The connections of one engine thread by number, as the kernel hands the numbers back. For that thread.</summary>
/// <remarks>
/// A number has the slot and how often the slot was given out: an event of a connection that is gone never meets the one that has
/// its slot, or its descriptor, now.
/// </remarks>
internal sealed class TokenTable<T>
    where T : class
{
    private const int GenerationBits = 24;
    private const uint GenerationMask = (1u << GenerationBits) - 1;

    private readonly Stack<int> _unused = new();
    private (T? Connection, uint Generation)[] _slots = new (T?, uint)[64];
    private int _used;

    public int Count => _used - _unused.Count;

    /// <summary>Gives a connection its number: 56 bits, never 0.</summary>
    public ulong Add(T connection)
    {
        if (!_unused.TryPop(out var slot))
        {
            if (_used == _slots.Length)
                Array.Resize(ref _slots, 2 * _slots.Length);
            slot = _used++;
        }

        ref var place = ref _slots[slot];
        place.Generation = (place.Generation + 1) & GenerationMask;
        place.Connection = connection;
        return ((ulong)(uint)(slot + 1) << GenerationBits) | place.Generation;
    }

    /// <summary>Null if that connection is gone.</summary>
    public T? Find(ulong number)
    {
        var slot = (int)(number >> GenerationBits) - 1;
        if ((uint)slot >= (uint)_used)
            return null;
        ref var place = ref _slots[slot];
        return place.Generation == ((uint)number & GenerationMask) ? place.Connection : null;
    }

    public void Remove(ulong number)
    {
        var slot = (int)(number >> GenerationBits) - 1;
        _slots[slot].Connection = null;
        _unused.Push(slot);
    }

    public List<T> ToList() => [.. _slots.Where(place => place.Connection is not null).Select(place => place.Connection!)];
}
