using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary><c>struct io_uring_params</c>: the requested parameters, and after io_uring_setup(2) the actual ones.</summary>
[StructLayout(LayoutKind.Explicit, Size = 120)]
internal struct RingParameters
{
    [FieldOffset(0)] public uint SubmissionEntries;
    [FieldOffset(4)] public uint CompletionEntries;
    [FieldOffset(8)] public SetupFlags Flags;
    [FieldOffset(20)] public uint Features;

    // Offsets of the words of the submission ring (struct io_sqring_offsets).
    [FieldOffset(40)] public uint SubmissionHead;
    [FieldOffset(44)] public uint SubmissionTail;
    [FieldOffset(64)] public uint SubmissionArray;

    // Offsets of the words of the completion ring (struct io_cqring_offsets).
    [FieldOffset(80)] public uint CompletionHead;
    [FieldOffset(84)] public uint CompletionTail;
    [FieldOffset(100)] public uint Completions;
}
