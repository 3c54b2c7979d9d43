using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>
/// The three system calls of io_uring(7) and the memory calls it needs. Each returns a negative errno on failure.
/// </summary>
/// <remarks>
/// Unsafe, by these invariants: the kernel checks every pointer (EFAULT), and keeps none after the call, except for memory that
/// the manual page of the call documents as shared; and errno is read before any other native call can change it. The numbers 425
/// to 427 are the same on every architecture that .NET supports. No call suppresses the GC transition: Enter blocks, and a
/// blocked thread in cooperative mode would stop every garbage collection.
/// </remarks>
internal static unsafe partial class IoUringCalls
{
    private const int SetupNumber = 425;
    private const int EnterNumber = 426;
    private const int RegisterNumber = 427;

    /// <summary>io_uring_setup(2). The descriptor is always close-on-exec.</summary>
    public static int Setup(uint entries, ref RingParameters parameters)
    {
        fixed (RingParameters* pointer = &parameters)
            return ToResult(SystemCall(SetupNumber, (nint)entries, (nint)pointer, 0, 0, 0, 0));
    }

    /// <summary>io_uring_enter(2).</summary>
    public static int Enter(int ring, uint submit, uint wait, EnterFlags flags, void* argument, nint size) =>
        ToResult(SystemCall(EnterNumber, ring, (nint)submit, (nint)wait, (nint)(uint)flags, (nint)argument, size));

    /// <summary>io_uring_register(2).</summary>
    public static int Register(int ring, RegisterCode code, void* argument, uint count) =>
        ToResult(SystemCall(RegisterNumber, ring, (nint)(uint)code, (nint)argument, (nint)count, 0, 0));

    /// <summary>
    /// Maps memory that is shared with the ring (mmap(2)), with <c>MAP_POPULATE</c>, because every page is used at once.
    /// </summary>
    public static byte* MapRing(int ring, nint length, long offset, out int error) =>
        Map(length, MapShared | MapPopulate, ring, offset, out error);

    /// <summary>Maps new private pages, which are zeroed (mmap(2)).</summary>
    public static byte* MapPages(nint length, out int error) =>
        Map(length, MapPrivate | MapAnonymous, -1, 0, out error);

    /// <summary>munmap(2).</summary>
    public static int Unmap(void* address, nint length) => ToResult(UnmapMemory((nint)address, length));

    /// <summary>close(2). The descriptor is closed even if the call fails, so it must not be closed twice.</summary>
    public static int Close(int descriptor) => ToResult(CloseDescriptor(descriptor));

    /// <summary>
    /// Returns RLIMIT_MEMLOCK of this process in bytes; <see cref="ulong.MaxValue"/> if there is none; null if it cannot be read.
    /// </summary>
    public static ulong? LockedMemoryLimit()
    {
        ResourceLimit limit;
        return GetLimit(LimitOfLockedMemory, &limit) == 0 ? limit.Current : null;
    }

    private const int ReadWrite = 1 | 2;
    private const int MapShared = 0x1;
    private const int MapPrivate = 0x2;
    private const int MapAnonymous = 0x20;
    private const int MapPopulate = 0x8000;
    private const int LimitOfLockedMemory = 8;

    private static byte* Map(nint length, int flags, int descriptor, long offset, out int error)
    {
        var address = MapMemory(0, length, ReadWrite, flags, descriptor, (nint)offset);
        error = address == -1 ? Marshal.GetLastSystemError() : 0;
        return error == 0 ? (byte*)address : null;
    }

    private static int ToResult(nint result) => result < 0 ? -Marshal.GetLastSystemError() : (int)result;

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MapMemory(nint address, nint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int UnmapMemory(nint address, nint length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, ResourceLimit* limit);

    private struct ResourceLimit
    {
        public ulong Current;
        public ulong Maximum;
    }
}
