using System.Diagnostics;

namespace Sockeye;

/// <summary>The result of entering a connection into an <see cref="AddressTable"/>.</summary>
internal enum AddressDecision
{
    Admitted,

    /// <summary>The address has its maximum number of connections.</summary>
    TooManyConnections,

    /// <summary>The address exceeds its accept rate.</summary>
    TooFast,

    /// <summary>The address is new, and every address in the table has open connections.</summary>
    TableFull,
}

/// <summary>Counts the open connections and the accept rate of each address. The table is bounded: the address that has been away
/// longest is forgotten first.</summary>
/// <remarks>Entering and leaving each cost one lookup under one lock. The table is safe for concurrent callers.</remarks>
internal sealed class AddressTable(AddressLimitOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Entry> _entries = [];

    // Addresses without open connections, which may be forgotten; the one that has been away longest comes first.
    private readonly LinkedList<Entry> _idle = new();

    /// <summary>The number of tracked addresses.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>Enters a connection of this address. A connection that has entered must leave later.</summary>
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
                _idle.AddLast(entry.Node); // A refused address counts as seen now.
            return verdict;
        }
    }

    /// <summary>Enters an open connection, regardless of the limits.</summary>
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
            Debug.Assert(entry.OpenCount > 0, "A connection leaves once.");
            if (--entry.OpenCount > 0)
                return;
            if (entry.Bucket is null or { IsFull: true })
                _entries.Remove(address); // There is nothing to track.
            else
                _idle.AddLast(entry.Node);
        }
    }

    private AddressDecision DecideLocked(Entry entry)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        Debug.Assert(entry.Node.List is null, "An entry that is decided on is not in the idle list.");
        // A refused client takes no token: a client that keeps within the rate is served at that rate.
        if (entry.OpenCount >= options.MaxConnections)
            return AddressDecision.TooManyConnections;
        if (entry.Bucket?.TryTake(1) is false)
            return AddressDecision.TooFast;
        entry.OpenCount++;
        return AddressDecision.Admitted;
    }

    private bool TryMakeRoomLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (_entries.Count < options.MaxAddresses)
            return true;
        if (_idle.First is not { } longest)
            return false;
        _idle.RemoveFirst();
        return _entries.Remove(longest.Value.Address);
    }

    private Entry CreateEntry(UInt128 address) => new(
        address,
        options.AcceptRate is { } rate ? new(rate, options.AcceptBurst ?? AcceptRateLimit.GetDefaultBurst(rate), time) : null);

    private sealed class Entry
    {
        public Entry(UInt128 address, TokenBucket? bucket) => (Address, Bucket, Node) = (address, bucket, new(this));

        public UInt128 Address { get; }

        public TokenBucket? Bucket { get; }

        public LinkedListNode<Entry> Node { get; }

        public int OpenCount { get; set; }
    }
}
