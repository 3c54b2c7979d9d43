namespace Sockeye;

/// <summary>What happens to a connection, by what its address has already.</summary>
internal enum AddressDecision
{
    Admitted,

    /// <summary>The address has as many connections as it may have.</summary>
    TooManyConnections,

    /// <summary>The address connects more often than it may.</summary>
    TooFast,

    /// <summary>The address is new, and every address in the table has open connections.</summary>
    TableFull,
}

/// <summary>What each address has open, and how fast it came. Bounded: who was away longest is forgotten first.</summary>
/// <remarks>One lock: entering and leaving cost a look-up each. Safe from any thread.</remarks>
internal sealed class AddressTable(AddressLimitOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Entry> _entries = [];

    // Those without open connections, who may be forgotten; the one that was away longest comes first.
    private readonly LinkedList<Entry> _idle = new();

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
    public AddressDecision TryEnter(UInt128 address)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(address, out var entry))
            {
                if (!TryMakeRoomLocked())
                    return AddressDecision.TableFull;
                _entries.Add(address, entry = CreateEntry(address));
            }

            if (entry.Node.List is not null)
                _idle.Remove(entry.Node);
            var verdict = DecideLocked(entry);
            if (entry.OpenCount == 0)
                _idle.AddLast(entry.Node); // Refused, but seen: it is remembered longest.
            return verdict;
        }
    }

    /// <summary>One that is open already, whatever the limits. There are never more of them than connections.</summary>
    public void AddExisting(UInt128 address)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(address, out var entry))
                _entries.Add(address, entry = CreateEntry(address));
            if (entry.Node.List is not null)
                _idle.Remove(entry.Node);
            entry.OpenCount++;
        }
    }

    public void Leave(UInt128 address)
    {
        lock (_lock)
        {
            var entry = _entries[address];
            if (--entry.OpenCount > 0)
                return;
            if (entry.Bucket is null or { IsFull: true })
                _entries.Remove(address); // There is nothing to remember.
            else
                _idle.AddLast(entry.Node);
        }
    }

    private AddressDecision DecideLocked(Entry entry)
    {
        // A refused client takes no token: whoever keeps within the rate is served at that rate.
        if (entry.OpenCount >= options.MaxConnections)
            return AddressDecision.TooManyConnections;
        if (entry.Bucket?.TryTake(1) is false)
            return AddressDecision.TooFast;
        entry.OpenCount++;
        return AddressDecision.Admitted;
    }

    private bool TryMakeRoomLocked()
    {
        if (_entries.Count < options.MaxAddresses)
            return true;
        if (_idle.First is not { } longest)
            return false;
        _idle.RemoveFirst();
        return _entries.Remove(longest.Value.Address);
    }

    private Entry CreateEntry(UInt128 address) => new(
        address,
        options.AcceptRate is { } rate ? new(rate, options.AcceptBurst ?? AcceptRateLimit.DefaultBurst(rate), time) : null);

    private sealed class Entry
    {
        public Entry(UInt128 address, TokenBucket? bucket) => (Address, Bucket, Node) = (address, bucket, new(this));

        public UInt128 Address { get; }

        public TokenBucket? Bucket { get; }

        public LinkedListNode<Entry> Node { get; }

        public int OpenCount { get; set; }
    }
}
