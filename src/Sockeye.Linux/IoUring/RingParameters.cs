using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary><c>struct io_uring_params</c>: what is asked for, and after io_uring_setup(2) what was given.</summary>
[StructLayout(LayoutKind.Explicit, Size = 120)]
internal struct RingParameters
{
    [FieldOffset(0)] public uint SubmissionEntries;
    [FieldOffset(4)] public uint CompletionEntries;
    [FieldOffset(8)] public SetupFlags Flags;
    [FieldOffset(20)] public uint Features;

    // Where the words of the submission ring are (struct io_sqring_offsets).
    [FieldOffset(40)] public uint SubmissionHead;
    [FieldOffset(44)] public uint SubmissionTail;
    [FieldOffset(64)] public uint SubmissionArray;

    // Where the words of the completion ring are (struct io_cqring_offsets).
    [FieldOffset(80)] public uint CompletionHead;
    [FieldOffset(84)] public uint CompletionTail;
    [FieldOffset(100)] public uint Completions;
}
