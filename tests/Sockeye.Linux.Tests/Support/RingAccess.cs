using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sockeye.Linux.Tests.Support;

/// <summary>Operations that only tests submit, as <c>struct io_uring_sqe</c>, and what only tests ask of a ring.</summary>
internal static class RingAccess
{
    // Offsets in struct io_uring_sqe.
    private const int Operation = 0, Variant = 2, Descriptor = 4, Offset = 8, Address = 16, Flags = 28, UserData = 32;

    private const byte NopCode = 0, AcceptCode = 13, CancelCode = 14, ConnectCode = 16, CloseCode = 19;
    private const ushort AcceptIsMultishot = 1;
    private const int AcceptFlags = 0x80000 | 0x800; // SOCK_CLOEXEC | SOCK_NONBLOCK
    private const int CancelAllOfAny = (1 << 0) | (1 << 2);

    /// <summary>Submissions filled and not yet taken by the kernel.</summary>
    public static int CountUnsubmitted(this Ring ring) => (int)(Tail(ring) - HeadSeen(ring)) + Spill(ring).Count;

    /// <summary>Whether enters skip the table of descriptors.</summary>
    public static bool IsRegistered(this Ring ring) => Registered(ring).Flags != EnterFlags.None;

    /// <summary>Does nothing and completes with 0.</summary>
    public static void Nop(this ref Submission submission, ulong userData) => Fill(ref submission, NopCode, -1, userData);

    /// <summary>Accepts again and again; each completion's result is a descriptor.</summary>
    public static void AcceptMultishot(this ref Submission submission, int descriptor, ulong userData)
    {
        Fill(ref submission, AcceptCode, descriptor, userData);
        Set(ref submission, Variant, AcceptIsMultishot);
        Set(ref submission, Flags, AcceptFlags);
    }

    /// <summary>Connects to a native <c>sockaddr</c>.</summary>
    public static void Connect(this ref Submission submission, int descriptor, nint address, int length, ulong userData)
    {
        Fill(ref submission, ConnectCode, descriptor, userData);
        Set(ref submission, Address, (ulong)address);
        Set(ref submission, Offset, (ulong)length);
    }

    /// <summary>Cancels every operation of the ring.</summary>
    public static void CancelEverything(this ref Submission submission, ulong userData)
    {
        Fill(ref submission, CancelCode, -1, userData);
        Set(ref submission, Flags, CancelAllOfAny);
    }

    /// <summary>close(2).</summary>
    public static void Close(this ref Submission submission, int descriptor, ulong userData) =>
        Fill(ref submission, CloseCode, descriptor, userData);

    private static void Fill(ref Submission submission, byte operation, int descriptor, ulong userData)
    {
        Set(ref submission, Operation, operation);
        Set(ref submission, Descriptor, descriptor);
        Set(ref submission, UserData, userData);
    }

    private static void Set<T>(ref Submission submission, int offset, T value)
        where T : struct =>
        MemoryMarshal.Write(MemoryMarshal.AsBytes(new Span<Submission>(ref submission))[offset..], value);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_submissionTail")]
    private static extern ref uint Tail(Ring ring);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_submissionHeadSeen")]
    private static extern ref uint HeadSeen(Ring ring);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_spill")]
    private static extern ref SubmissionSpill Spill(Ring ring);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_registered")]
    private static extern ref RegisteredDescriptor Registered(Ring ring);
}
