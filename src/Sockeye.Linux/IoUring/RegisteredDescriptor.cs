namespace Sockeye.Linux;

/// <summary>
/// The ring's descriptor as the owner thread has it registered (IORING_REGISTER_RING_FDS, Linux 5.18): entering by it saves the
/// look-up in the table of descriptors, and its lock in a process with threads.
/// </summary>
/// <remarks>Unsafe for one address only, of a struct on the stack that the kernel does not keep.</remarks>
internal sealed unsafe class RegisteredDescriptor : IDisposable
{
    private const uint FirstFree = uint.MaxValue;
    private readonly int _ring;
    private readonly bool _isRegistered;

    /// <exception cref="EngineException">io_uring_register is refused.</exception>
    public RegisteredDescriptor(int ring)
    {
        _ring = ring;
        Index = ring;

        var update = new Update { Offset = FirstFree, Data = (ulong)ring };
        var answer = IoUringCalls.Register(ring, RegisterCode.RingDescriptors, &update, 1);
        if (answer == 1)
        {
            _isRegistered = true;
            Index = (int)update.Offset;
        }
        else if (answer != -IoUringError.Busy)
        {
            // Busy: a thread registers at most 16. The ring then uses its plain descriptor.
            throw IoUringErrorText.ToException("io_uring_register", -answer);
        }
    }

    /// <summary>What to enter with, together with <see cref="Flags"/>.</summary>
    public int Index { get; }

    public EnterFlags Flags => _isRegistered ? EnterFlags.RegisteredRing : EnterFlags.None;

    /// <summary>Without this the registration keeps the ring alive until its thread ends.</summary>
    public void Dispose()
    {
        if (!_isRegistered)
            return;
        var update = new Update { Offset = (uint)Index };
        _ = IoUringCalls.Register(_ring, RegisterCode.UnregisterRingDescriptors, &update, 1);
    }

    /// <summary><c>struct io_uring_rsrc_update</c>.</summary>
    private struct Update
    {
        public uint Offset;
        public uint Reserved;
        public ulong Data;
    }
}
