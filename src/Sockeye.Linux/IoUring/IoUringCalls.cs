namespace Sockeye.Linux;

/// <summary>
/// The three system calls of io_uring(7) and the memory calls it needs. Each returns a negative errno on failure.
/// </summary>
/// <remarks>
/// Unsafe, by these invariants: the kernel checks every pointer (EFAULT), and keeps none after the call, except for memory that
/// the manual page of the call documents as shared; and errno is read before any other native call can change it. No call
/// suppresses the GC transition: Enter blocks, and a blocked thread in cooperative mode would stop every garbage collection.
/// </remarks>
/// <param name="system">The system.</param>
internal readonly unsafe struct IoUringCalls(SystemCalls system)
{
    private const int LimitOfLockedMemory = 8; // RLIMIT_MEMLOCK

    /// <summary>The calls of this system.</summary>
    public static IoUringCalls Kernel { get; } = new(SystemCalls.Kernel);

    /// <summary>io_uring_setup(2). The descriptor is always close-on-exec.</summary>
    public int Setup(uint entries, ref RingParameters parameters)
    {
        fixed (RingParameters* pointer = &parameters)
            return system.SetupRing(entries, (nint)pointer);
    }

    /// <summary>io_uring_enter(2).</summary>
    public int Enter(int ring, uint submit, uint wait, EnterFlags flags, void* argument, nint size) =>
        system.EnterRing(ring, submit, wait, (uint)flags, (nint)argument, size);

    /// <summary>io_uring_register(2).</summary>
    public int Register(int ring, RegisterCode code, void* argument, uint count) =>
        system.RegisterRing(ring, (uint)code, (nint)argument, count);

    /// <inheritdoc cref="SystemCalls.MapRing"/>
    public byte* MapRing(int ring, nint length, long offset, out int error) =>
        (byte*)system.MapRing(ring, length, offset, out error);

    /// <inheritdoc cref="SystemCalls.MapPages"/>
    public byte* MapPages(nint length, out int error) => (byte*)system.MapPages(length, out error);

    /// <summary>munmap(2).</summary>
    public int Unmap(void* address, nint length) => system.Unmap((nint)address, length);

    /// <summary>close(2). The descriptor is closed even if the call fails, so it must not be closed twice.</summary>
    public int Close(int descriptor) => system.Close(descriptor);

    /// <summary>
    /// Returns RLIMIT_MEMLOCK of this process in bytes; <see cref="ulong.MaxValue"/> if there is none; null if it cannot be read.
    /// </summary>
    public static ulong? LockedMemoryLimit()
    {
        Libc.ResourceLimit limit;
        return Libc.GetLimit(LimitOfLockedMemory, &limit) == 0 ? limit.Current : null;
    }
}
