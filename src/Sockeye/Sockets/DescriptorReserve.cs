using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Sockeye;

/// <summary>
/// Descriptors held back for the time when the process runs out of them. Accepting stops then, and the reserve is given to the
/// process until there is room again.
/// </summary>
/// <remarks>
/// This keeps more than the accept loop alive: on Unix the .NET runtime needs descriptors to start a thread or load an assembly,
/// and ends the process when it gets none. One reserve serves all listeners of the process. On Windows, where sockets do not
/// count against such a limit, it holds nothing. Safe from any thread.
/// </remarks>
internal sealed class DescriptorReserve
{
    /// <summary>Enough for a few threads (three each, for a moment) and assemblies (two each, for good).</summary>
    private const int Size = 16;

    /// <summary>Still free when the reserve is given up: what other threads may need in that moment.</summary>
    private const int Margin = 4;

    private readonly Lock _lock = new();
    private readonly List<SafeFileHandle> _held = [];
    private int _users;
    private nint _near = nint.MaxValue;

    public static DescriptorReserve Shared { get; } = new();

    /// <summary>Takes part in the reserve until <see cref="Leave"/>.</summary>
    public void Join()
    {
        lock (_lock)
        {
            if (_users++ > 0)
                return;
            if (DescriptorLimit.Read() is { } limit)
                _near = limit - Margin;
            RuntimeWarmUp.Run();
            TryHold();
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            if (--_users == 0)
                Release();
        }
    }

    /// <summary>To be called before each accept.</summary>
    /// <exception cref="SocketException">There is no room: no client must be accepted now.</exception>
    public void ThrowIfNoRoom()
    {
        if (!TryHold())
            throw new SocketException((int)SocketError.TooManyOpenSockets);
    }

    /// <summary>
    /// To be called after each accept: the kernel gives the lowest free number, so a high one tells that few are left.
    /// </summary>
    public void OnAccepted(nint descriptor)
    {
        if (descriptor >= _near)
            Release();
    }

    /// <summary>To be called when a system call found no descriptor left.</summary>
    public void Release()
    {
        lock (_lock)
        {
            foreach (var descriptor in _held)
                descriptor.Dispose();
            _held.Clear();
        }
    }

    private bool TryHold()
    {
        if (OperatingSystem.IsWindows())
            return true;
        lock (_lock)
        {
            if (_held.Count > 0)
                return true;
            // The margin is opened as well, to see that it is there.
            while (_held.Count < Size + Margin && TryOpen() is { } descriptor)
                _held.Add(descriptor);
            var kept = _held.Count == Size + Margin ? Size : 0;
            foreach (var descriptor in _held.Skip(kept))
                descriptor.Dispose();
            _held.RemoveRange(kept, _held.Count - kept);
            return kept > 0;
        }
    }

    private static SafeFileHandle? TryOpen()
    {
        try
        {
            return File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (IOException)
        {
            return null; // None left, which is what the caller wants to know.
        }
    }
}
