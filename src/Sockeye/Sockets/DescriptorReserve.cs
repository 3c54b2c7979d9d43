using System.Diagnostics;
using System.Net.Sockets;

namespace Sockeye.Transports;

/// <summary>
/// A reserve of descriptors. When the process runs out of descriptors, accepting stops, and the reserve is released to the
/// process until enough descriptors are free again.
/// </summary>
/// <remarks>
/// Not only the accept loop needs it: on Unix the .NET runtime needs descriptors to start a thread or load an assembly, and ends
/// the process if it gets none. So some must be free at every moment. Free descriptors are counted, not opened, because opening
/// them all would cause the shortage that the reserve prevents. One reserve serves all listeners of the process. On Windows,
/// where sockets do not count against such a limit, it is empty. Safe from any thread.
/// </remarks>
public sealed class DescriptorReserve
{
    /// <summary>
    /// The number of descriptors in the reserve: enough for a few threads (three each, temporarily) and assemblies (two each,
    /// permanently).
    /// </summary>
    internal const int Size = 16;

    /// <summary>The number of additional free descriptors, which other threads may need until a shortage is detected.</summary>
    internal const int Margin = 16;

    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(1);

    private readonly DescriptorTable _table;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly List<IDisposable> _held = [];
    private int _users;
    private nint _highestSafe = nint.MaxValue;
    private int _untilCheck = int.MaxValue;
    private long _exhaustedAt;
    private TimeSpan _retryDelay;

    internal DescriptorReserve(DescriptorTable table, TimeProvider time) => (_table, _time) = (table, time);

    /// <summary>Gets the reserve of the process.</summary>
    public static DescriptorReserve Shared { get; } = new(new(), TimeProvider.System);

    /// <summary>Adds a user of the reserve, until <see cref="Leave"/>.</summary>
    public void Join()
    {
        lock (_lock)
        {
            if (_users++ > 0)
                return;
            RuntimeWarmUp.Run();
            TryFill();
        }
    }

    /// <summary>Removes a user of the reserve. Called once for each <see cref="Join"/>.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            Debug.Assert(_users > 0, "Each user leaves once.");
            if (--_users == 0)
                ReleaseLocked();
        }
    }

    /// <summary>Called before each accept.</summary>
    /// <exception cref="SocketException">Too few descriptors are free to accept a client.</exception>
    public void ThrowIfExhausted()
    {
        if (!TryFill())
            throw new SocketException((int)SocketError.TooManyOpenSockets);
    }

    /// <summary>Called after each accept and each connect, with the descriptor of the socket.</summary>
    /// <remarks>
    /// The kernel assigns the lowest free number, so a high number means that few are left. A low number proves nothing, because
    /// those above may be in use. Therefore free descriptors are counted from time to time, more often when there are fewer.
    /// </remarks>
    public void OnOpened(nint descriptor)
    {
        if (descriptor >= Volatile.Read(ref _highestSafe))
            Release();
        else if (Volatile.Read(ref _untilCheck) != int.MaxValue && Interlocked.Decrement(ref _untilCheck) <= 0)
            Check();
    }

    /// <summary>Releases the reserve if few descriptors are left. Called before several are opened at once.</summary>
    public void Check()
    {
        lock (_lock)
        {
            if (_held.Count == 0 || CountFree() is not { } counted)
                return;
            if (counted.Free < Margin)
                ReleaseLocked();
            else
                SetThresholdsLocked(counted.Limit, counted.Free);
        }
    }

    /// <summary>Called when a system call found no free descriptor.</summary>
    public void Release()
    {
        lock (_lock)
            ReleaseLocked();
    }

    private bool TryFill()
    {
        if (!_table.IsBounded)
            return true;
        lock (_lock)
            return TryFillLocked();
    }

    private bool TryFillLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (_held.Count > 0)
            return true;
        if (_retryDelay > TimeSpan.Zero && _time.GetElapsedTime(_exhaustedAt) < _retryDelay)
            return false;
        var start = _time.GetTimestamp();
        var counted = CountFree();
        if (counted?.Free < Size + Margin)
        {
            OnExhaustedLocked(start);
            return false;
        }

        // If the system does not count them, the margin is opened as well, to check that it is free.
        var wanted = counted is null ? Size + Margin : Size;
        while (_held.Count < wanted && _table.TryOpen() is { } descriptor)
            _held.Add(descriptor);
        var kept = _held.Count == wanted ? Size : 0;
        foreach (var descriptor in _held.Skip(kept))
            descriptor.Dispose();
        _held.RemoveRange(kept, _held.Count - kept);
        if (kept > 0 && counted is { } free)
            SetThresholdsLocked(free.Limit, free.Free - Size);
        Debug.Assert(_held.Count is 0 or Size, "The reserve is whole or empty.");
        return kept > 0;
    }

    private void ReleaseLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        foreach (var descriptor in _held)
            descriptor.Dispose();
        _held.Clear();
        (_highestSafe, _untilCheck) = (nint.MaxValue, int.MaxValue);
    }

    /// <summary>
    /// Returns the limit of open descriptors, and the number of free ones; null if the system does not report them.
    /// </summary>
    private (int Limit, int Free)? CountFree()
    {
        if (_table.ReadLimit() is not { } limit || _table.CountOpen() is not { } open)
            return null;
        return (limit, Math.Max(0, limit - open));
    }

    /// <summary>Delays the next count, so that counting takes at most a tenth of the time, even if many are open.</summary>
    private void OnExhaustedLocked(long start)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _exhaustedAt = _time.GetTimestamp();
        var delay = _table.IsCountCheap ? TimeSpan.Zero : _time.GetElapsedTime(start, _exhaustedAt) * 10;
        _retryDelay = delay < MaxRetryDelay ? delay : MaxRetryDelay;
    }

    /// <summary>Sets the highest descriptor that is safe, and the number of opened descriptors until the next count.</summary>
    private void SetThresholdsLocked(int limit, int free)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        Volatile.Write(ref _highestSafe, limit - Margin);
        // Until the next count, at most half of the free descriptors are used here; the other half is for the rest of the
        // process.
        Volatile.Write(ref _untilCheck, _table.IsCountCheap ? Math.Max(1, (free - Margin) / 2) : int.MaxValue);
    }
}
