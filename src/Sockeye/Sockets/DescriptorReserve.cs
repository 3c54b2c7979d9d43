using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>
/// Descriptors held back for the time when the process runs out of them. Accepting stops then, and the reserve is given to the
/// process until there is room again.
/// </summary>
/// <remarks>
/// This keeps more than the accept loop alive: on Unix the .NET runtime needs descriptors to start a thread or load an assembly,
/// and ends the process when it gets none. So there must be some at every moment, and whether there are is found by counting: to
/// open them all would be the shortage it is to prevent. One reserve serves all listeners of the process. On Windows, where
/// sockets do not count against such a limit, it holds nothing. Safe from any thread.
/// </remarks>
internal sealed class DescriptorReserve(DescriptorTable table, TimeProvider time)
{
    /// <summary>Enough for a few threads (three each, for a moment) and assemblies (two each, for good).</summary>
    internal const int Size = 16;

    /// <summary>Free besides: what other threads may need while a shortage is noticed.</summary>
    internal const int Margin = 16;

    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<SafeHandle> _held = [];
    private int _users;
    private nint _highestSafe = nint.MaxValue;
    private int _untilCheck = int.MaxValue;
    private long _exhaustedAt;
    private TimeSpan _retryDelay;

    public static DescriptorReserve Shared { get; } = new(new(), TimeProvider.System);

    /// <summary>Takes part in the reserve until <see cref="Leave"/>.</summary>
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

    public void Leave()
    {
        lock (_lock)
        {
            Debug.Assert(_users > 0, "Who leaves has joined.");
            if (--_users == 0)
                Release();
        }
    }

    /// <summary>To be called before each accept.</summary>
    /// <exception cref="SocketException">There is no room: no client must be accepted now.</exception>
    public void ThrowIfExhausted()
    {
        if (!TryFill())
            throw new SocketException((int)SocketError.TooManyOpenSockets);
    }

    /// <summary>To be called after each accept and each connect, with the socket's descriptor.</summary>
    /// <remarks>
    /// The kernel gives the lowest free number: a high one tells that few are left. A low one tells nothing, since those above
    /// may be taken: from time to time they are counted, the more often the fewer there are.
    /// </remarks>
    public void OnOpened(nint descriptor)
    {
        if (descriptor >= Volatile.Read(ref _highestSafe))
            Release();
        else if (Volatile.Read(ref _untilCheck) != int.MaxValue && Interlocked.Decrement(ref _untilCheck) <= 0)
            Check();
    }

    /// <summary>Gives the reserve up where little is left: before several descriptors are taken at once.</summary>
    public void Check()
    {
        lock (_lock)
        {
            if (_held.Count == 0 || CountFree() is not { } counted)
                return;
            if (counted.Free < Margin)
                Release();
            else
                SetThresholds(counted.Limit, counted.Free);
        }
    }

    /// <summary>To be called when a system call found no descriptor left.</summary>
    public void Release()
    {
        lock (_lock)
        {
            foreach (var descriptor in _held)
                descriptor.Dispose();
            _held.Clear();
            (_highestSafe, _untilCheck) = (nint.MaxValue, int.MaxValue);
        }
    }

    private bool TryFill()
    {
        if (!table.IsBounded)
            return true;
        lock (_lock)
        {
            if (_held.Count > 0)
                return true;
            if (_retryDelay > TimeSpan.Zero && time.GetElapsedTime(_exhaustedAt) < _retryDelay)
                return false;
            var begun = time.GetTimestamp();
            var counted = CountFree();
            if (counted?.Free < Size + Margin)
            {
                OnExhausted(begun);
                return false;
            }

            // Where the system does not count, the margin is opened as well, to see that it is there.
            var wanted = counted is null ? Size + Margin : Size;
            while (_held.Count < wanted && table.TryOpen() is { } descriptor)
                _held.Add(descriptor);
            var kept = _held.Count == wanted ? Size : 0;
            foreach (var descriptor in _held.Skip(kept))
                descriptor.Dispose();
            _held.RemoveRange(kept, _held.Count - kept);
            if (kept > 0 && counted is { } room)
                SetThresholds(room.Limit, room.Free - Size);
            return kept > 0;
        }
    }

    /// <summary>How many may be open, and how many more could be now; null where the system does not tell.</summary>
    private (int Limit, int Free)? CountFree()
    {
        if (table.ReadLimit() is not { } limit || table.CountOpen() is not { } open)
            return null;
        return (limit, Math.Max(0, limit - open));
    }

    /// <summary>A shortage is not to be made worse by counting: a tenth of the time at most, however many are open.</summary>
    private void OnExhausted(long begun)
    {
        _exhaustedAt = time.GetTimestamp();
        var pause = table.IsCountCheap ? TimeSpan.Zero : time.GetElapsedTime(begun, _exhaustedAt) * 10;
        _retryDelay = pause < MaxRetryDelay ? pause : MaxRetryDelay;
    }

    /// <summary>From which number on little is left, and after how many it is counted again.</summary>
    private void SetThresholds(int limit, int free)
    {
        Volatile.Write(ref _highestSafe, limit - Margin);
        // By then at most half of what is left has been taken here; the other half is for whoever takes descriptors besides.
        Volatile.Write(ref _untilCheck, table.IsCountCheap ? Math.Max(1, (free - Margin) / 2) : int.MaxValue);
    }
}
