using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>An epoll instance and the memory for the events that it reports.</summary>
/// <remarks>
/// <c>struct epoll_event</c> is packed on x86-64 (12 bytes) and not elsewhere (16 bytes), so it is read by its offsets. The
/// events are in memory of this object. The waiting thread disposes it, and so frees the memory.
/// </remarks>
internal sealed unsafe class EpollInstance : IDisposable
{
    /// <summary>Distinguishes the token of a registration from that of a connection.</summary>
    public const ulong RegistrationFlag = 1ul << 63;

    public const int ControlAdd = 1; // EPOLL_CTL_ADD
    public const int ControlRemove = 2; // EPOLL_CTL_DEL
    private const int MaxEventSize = 16;

    public static readonly int EventSize = RuntimeInformation.ProcessArchitecture is Architecture.X64 ? 12 : 16;
    public static readonly int TokenOffset = EventSize - sizeof(ulong);

    private readonly SystemCalls _system;
    private readonly int _descriptor;
    private readonly byte* _events;
    private readonly int _maxEvents;

    public EpollInstance(SystemCalls system, int maxEvents)
    {
        (_system, _maxEvents) = (system, maxEvents);
        _descriptor = system.CreateEpoll();
        if (_descriptor < 0)
            throw ((Errno)(-_descriptor)).ToException();
        _events = (byte*)NativeMemory.Alloc((nuint)maxEvents, MaxEventSize);
    }

    public (EpollEvents Events, ulong Token) this[int index]
    {
        get
        {
            var e = _events + (index * EventSize);
            return (*(EpollEvents*)e, *(ulong*)(e + TokenOffset));
        }
    }

    public Errno Add(int descriptor, EpollEvents events, ulong token)
    {
        var e = stackalloc byte[MaxEventSize];
        *(EpollEvents*)e = events;
        *(ulong*)(e + TokenOffset) = token;
        return (Errno)(-_system.ControlEpoll(_descriptor, ControlAdd, descriptor, (nint)e));
    }

    public void Remove(int descriptor)
    {
        var e = stackalloc byte[MaxEventSize]; // Ignored since Linux 2.6.9, but must not be null before.
        if (_system.ControlEpoll(_descriptor, ControlRemove, descriptor, (nint)e) is < 0 and var result)
            throw ((Errno)(-result)).ToException();
    }

    /// <summary>Waits for events, at most for a time in milliseconds (-1: forever), and returns their number.</summary>
    public int Wait(int timeout)
    {
        var count = _system.WaitForEpoll(_descriptor, (nint)_events, _maxEvents, timeout);
        if (count >= 0)
            return count;
        var error = (Errno)(-count);
        return error is Errno.Interrupted ? 0 : throw error.ToException();
    }

    public void Dispose()
    {
        _ = _system.Close(_descriptor);
        NativeMemory.Free(_events);
    }
}
