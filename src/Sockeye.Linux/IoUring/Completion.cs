using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary><c>struct io_uring_cqe</c>: the result of an operation.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal readonly struct Completion
{
    /// <summary>The user data of the submission.</summary>
    [FieldOffset(0)] public readonly ulong UserData;

    /// <summary>The result of the system call, or a negative errno.</summary>
    [FieldOffset(8)] public readonly int Result;

    [FieldOffset(12)] private readonly uint _flags;

    /// <summary>Whether there is a buffer with data, which belongs to this process until it is provided again.</summary>
    public bool HasBuffer => (_flags & (1 << 0)) != 0;

    /// <summary>Whether more completions of the same submission follow. If not, the operation has ended.</summary>
    public bool HasMore => (_flags & (1 << 1)) != 0;

    /// <summary>The id of the buffer in its <see cref="BufferRing"/>, if <see cref="HasBuffer"/> is true.</summary>
    public ushort BufferId => (ushort)(_flags >> 16);
}
