using System.Diagnostics;
using System.Numerics;

namespace Sockeye.Linux;

/// <summary>
/// The buffers that a <see cref="Ring"/> receives into (IORING_REGISTER_PBUF_RING, Linux 5.19). This class manages only the ring
/// through which buffers are given to the kernel; the caller manages their memory and their ids. For the thread of the ring.
/// </summary>
/// <remarks>
/// Unsafe, by these invariants: the pages hold <see cref="Entries"/> entries of 16 bytes and every index is masked; the tail, in
/// the unused last two bytes of entry 0, is written by <see cref="Publish"/> only, with release, after the entries before it. The
/// kernel has pinned the pages itself, so that it is safe to unmap them here. The buffers must outlive the last operation.
/// </remarks>
internal sealed unsafe class BufferRing : IDisposable
{
    private const int MaxEntries = 32768;
    private const int MinEntries = 512;

    private readonly Ring _ring;
    private readonly byte* _pages;
    private readonly nint _length;
    private readonly uint _mask;
    private ushort _tail;
    private bool _isDisposed;

    private BufferRing(Ring ring, ushort group, int entries, byte* pages, nint length)
    {
        _ring = ring;
        _pages = pages;
        _length = length;
        _mask = (uint)entries - 1;
        Group = group;
    }

    /// <summary>The group id by which a submission selects the buffers.</summary>
    public ushort Group { get; }

    /// <summary>The maximum number of buffers that the kernel can have at a time. Ids are less than it.</summary>
    public int Entries => (int)_mask + 1;

    /// <summary>
    /// Creates a ring without buffers. The number of entries is a power of two, up to 32768. If lockable memory is scarce, it may
    /// block for 300 ms, and the ring has fewer entries, down to 512.
    /// </summary>
    /// <exception cref="EngineException">The kernel refuses. The message has the reason and the remedy.</exception>
    public static BufferRing Create(Ring ring, ushort group, int entries, Action<TimeSpan>? wait = null)
    {
        Debug.Assert(BitOperations.IsPow2(entries) && entries <= MaxEntries, "Entries are a power of two, up to 32768.");
        byte* pages = null;
        nint length = 0;
        var answer = LockedMemory.AllocateWithRetries(Attempt, Shrink, wait ?? LockedMemory.Wait);
        return answer >= 0
            ? new(ring, group, entries, pages, length)
            : throw IoUringErrorText.ToException("io_uring_register", -answer);

        int Attempt()
        {
            length = (nint)entries * sizeof(Entry);
            pages = ring.Calls.MapPages(length, out var error);
            if (error != 0)
                return -error;
            var registration = new Registration { Address = (ulong)pages, Entries = (uint)entries, Group = group };
            var answer = ring.Calls.Register(ring.Descriptor, RegisterCode.BufferRing, &registration, 1);
            if (answer < 0)
                _ = ring.Calls.Unmap(pages, length);
            return answer;
        }

        bool Shrink()
        {
            if (entries / 2 < MinEntries)
                return false;
            entries /= 2;
            return true;
        }
    }

    /// <summary>Gives a buffer to the kernel at the next <see cref="Publish"/>.</summary>
    public void Provide(nint address, int length, ushort id)
    {
        // Fields are written one by one, because the last two bytes of entry 0 are the tail, which the kernel may be reading.
        var entry = (Entry*)_pages + (_tail++ & _mask);
        entry->Address = (ulong)address;
        entry->Length = (uint)length;
        entry->Id = id;
    }

    /// <summary>Makes the provided buffers visible to the kernel, by a write to shared memory.</summary>
    public void Publish() => Volatile.Write(ref ((Entry*)_pages)->Tail, _tail);

    /// <summary>Ends the group. Must precede the disposal of the ring. Operations that still use it end with ENOBUFS.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        var registration = new Registration { Group = Group };
        _ = _ring.Calls.Register(_ring.Descriptor, RegisterCode.UnregisterBufferRing, &registration, 1);
        _ = _ring.Calls.Unmap(_pages, _length);
    }

    /// <summary><c>struct io_uring_buf</c>, and in the first one the tail of the ring.</summary>
    private struct Entry
    {
        public ulong Address;
        public uint Length;
        public ushort Id;
        public ushort Tail;
    }

    /// <summary><c>struct io_uring_buf_reg</c>.</summary>
    private struct Registration
    {
        public ulong Address;
        public uint Entries;
        public ushort Group;
        public ushort Flags;
        public ulong Reserved0;
        public ulong Reserved1;
        public ulong Reserved2;
    }
}
