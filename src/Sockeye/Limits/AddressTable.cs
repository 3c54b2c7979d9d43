namespace Sockeye;

/// <summary>What each address has open, and how fast it came. Bounded: who was away longest is forgotten first.</summary>
/// <remarks>One lock: entering and leaving cost a look-up each. Safe from any thread.</remarks>
internal sealed class AddressTable(AddressLimitOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Entry> _entries = [];

    // Those without open connections, who may be forgotten; the one that was away longest comes first.
    private readonly LinkedList<Entry> _away = new();

    public enum Verdict
    {
        Entered,
        TooMany,
        TooFast,
        NoRoom,
    }

    /// <summary>How many addresses are remembered now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>One more connection of this address. It leaves later, if it has entered.</summary>
    public Verdict TryEnter(UInt128 address)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(address, out var entry))
            {
                if (!HasRoom())
                    return Verdict.NoRoom;
                _entries.Add(address, entry = NewEntry(address));
            }

            if (entry.Away.List is not null)
                _away.Remove(entry.Away);
            var verdict = Judge(entry);
            if (entry.Open == 0)
                _away.AddLast(entry.Away); // Refused, but seen: it is remembered longest.
            return verdict;
        }
    }

    /// <summary>One that is open already, whatever the limits. There are never more of them than connections.</summary>
    public void EnterOpen(UInt128 address)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(address, out var entry))
                _entries.Add(address, entry = NewEntry(address));
            if (entry.Away.List is not null)
                _away.Remove(entry.Away);
            entry.Open++;
        }
    }

    public void Leave(UInt128 address)
    {
        lock (_lock)
        {
            var entry = _entries[address];
            if (--entry.Open > 0)
                return;
            if (entry.Bucket is null or { IsFull: true })
                _entries.Remove(address); // There is nothing to remember.
            else
                _away.AddLast(entry.Away);
        }
    }

    private Verdict Judge(Entry entry)
    {
        // A refused client takes no token: whoever keeps within the rate is served at that rate.
        if (entry.Open >= options.MaxConnections)
            return Verdict.TooMany;
        if (entry.Bucket?.TryTake(1) is false)
            return Verdict.TooFast;
        entry.Open++;
        return Verdict.Entered;
    }

    private bool HasRoom()
    {
        if (_entries.Count < options.MaxAddresses)
            return true;
        if (_away.First is not { } longest)
            return false;
        _away.RemoveFirst();
        return _entries.Remove(longest.Value.Address);
    }

    private Entry NewEntry(UInt128 address) => new(
        address,
        options.AcceptRate is { } rate ? new(rate, options.AcceptBurst ?? AcceptRateLimit.BurstOf(rate), time) : null);

    private sealed class Entry
    {
        public Entry(UInt128 address, TokenBucket? bucket) => (Address, Bucket, Away) = (address, bucket, new(this));

        public UInt128 Address { get; }

        public TokenBucket? Bucket { get; }

        public LinkedListNode<Entry> Away { get; }

        public int Open { get; set; }
    }
}
