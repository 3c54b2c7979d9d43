using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary><c>struct io_uring_cqe</c>: how an operation went.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal readonly struct Completion
{
    /// <summary>What the submission was marked with.</summary>
    [FieldOffset(0)] public readonly ulong UserData;

    /// <summary>What the system call would have returned, or a negative errno.</summary>
    [FieldOffset(8)] public readonly int Result;

    [FieldOffset(12)] private readonly uint _flags;

    /// <summary>There is a buffer with data; it is ours until provided again.</summary>
    public bool HasBuffer => (_flags & (1 << 0)) != 0;

    /// <summary>More completions of the same submission follow. Without, the operation is over, whatever the result.</summary>
    public bool HasMore => (_flags & (1 << 1)) != 0;

    /// <summary>The buffer's id in its <see cref="BufferRing"/>, with <see cref="HasBuffer"/>.</summary>
    public ushort BufferId => (ushort)(_flags >> 16);
}
