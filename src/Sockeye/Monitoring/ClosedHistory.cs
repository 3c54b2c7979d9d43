using System.Diagnostics;

namespace Sockeye;

/// <summary>The most recently ended connections, up to a maximum number. Safe from any thread.</summary>
internal sealed class ClosedHistory(int capacity)
{
    private readonly Lock _lock = new();
    private readonly ClosedConnectionInfo[] _ring = new ClosedConnectionInfo[capacity];
    private long _added;

    /// <summary>Adds a connection. Replaces the oldest one if the history is full.</summary>
    public void Add(ClosedConnectionInfo closed)
    {
        lock (_lock)
        {
            Debug.Assert(_added >= 0 && capacity > 0, "A history has room for at least one connection.");
            _ring[_added++ % capacity] = closed;
        }
    }

    public ClosedConnectionInfo[] NewestFirst()
    {
        lock (_lock)
        {
            var kept = new ClosedConnectionInfo[Math.Min(_added, capacity)];
            for (var i = 0; i < kept.Length; i++)
                kept[i] = _ring[(_added - 1 - i) % capacity];
            return kept;
        }
    }
}
