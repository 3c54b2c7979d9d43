namespace Sockeye.Linux;

/// <summary>
/// The ring's descriptor, registered by the owner thread (IORING_REGISTER_RING_FDS, Linux 5.18). It saves the lookup in the table
/// of descriptors on entering, and the lock of that table in a process with threads.
/// </summary>
/// <remarks>Unsafe only for the address of a struct on the stack, which the kernel does not keep.</remarks>
internal sealed unsafe class RegisteredDescriptor : IDisposable
{
    private const uint FirstFree = uint.MaxValue;
    private readonly IoUringCalls _calls;
    private readonly int _ring;
    private readonly bool _isRegistered;

    /// <exception cref="EngineException">io_uring_register is refused.</exception>
    public RegisteredDescriptor(IoUringCalls calls, int ring)
    {
        (_calls, _ring) = (calls, ring);
        Index = ring;

        var update = new Update { Offset = FirstFree, Data = (ulong)ring };
        var answer = calls.Register(ring, RegisterCode.RingDescriptors, &update, 1);
        if (answer == 1)
        {
            _isRegistered = true;
            Index = (int)update.Offset;
        }
        else if (answer != -IoUringError.Busy)
        {
            // Busy: a thread can register at most 16 descriptors. The ring then uses its plain descriptor.
            throw IoUringErrorText.ToException("io_uring_register", -answer);
        }
    }

    /// <summary>The value to enter with, together with <see cref="Flags"/>.</summary>
    public int Index { get; }

    public EnterFlags Flags => _isRegistered ? EnterFlags.RegisteredRing : EnterFlags.None;

    /// <summary>Ends the registration, which otherwise keeps the ring open until its thread ends.</summary>
    public void Dispose()
    {
        if (!_isRegistered)
            return;
        var update = new Update { Offset = (uint)Index };
        _ = _calls.Register(_ring, RegisterCode.UnregisterRingDescriptors, &update, 1);
    }

    /// <summary><c>struct io_uring_rsrc_update</c>.</summary>
    private struct Update
    {
        public uint Offset;
        public uint Reserved;
        public ulong Data;
    }
}
