using System.Diagnostics;

namespace Sockeye;

/// <summary>The connections that ended last, up to a number of them. From any thread.</summary>
internal sealed class ClosedHistory(int most)
{
    private readonly Lock _lock = new();
    private readonly ClosedConnectionInfo[] _ring = new ClosedConnectionInfo[most];
    private long _added;

    /// <summary>Takes the place of the oldest one, where all are taken.</summary>
    public void Add(ClosedConnectionInfo closed)
    {
        lock (_lock)
        {
            Debug.Assert(_added >= 0 && most > 0, "A server without a history has none.");
            _ring[_added++ % most] = closed;
        }
    }

    public ClosedConnectionInfo[] NewestFirst()
    {
        lock (_lock)
        {
            var kept = new ClosedConnectionInfo[Math.Min(_added, most)];
            for (var i = 0; i < kept.Length; i++)
                kept[i] = _ring[(_added - 1 - i) % most];
            return kept;
        }
    }
}
