namespace Sockeye.Linux;

/// <summary>The size of a <see cref="Ring"/>.</summary>
internal sealed record RingOptions
{
    /// <summary>Submissions that fit before the kernel is entered; rounded up to a power of two. Default 1024.</summary>
    public int SubmissionEntries { get; init; } = 1024;

    /// <summary>Completions that fit before the kernel keeps a list; at least <see cref="SubmissionEntries"/>. Default 8192.
    /// Where memory that may be locked is short, the ring gets fewer, down to 1024.</summary>
    public int CompletionEntries { get; init; } = 8192;

    /// <summary>io_uring_setup(2), or what a test puts in its place.</summary>
    public RingSetupCall Setup { get; init; } = IoUringCalls.Setup;

    /// <summary>Waits before memory is asked for again. It blocks: a ring is created on the thread that owns it.</summary>
    public Action<TimeSpan> Wait { get; init; } = LockedMemory.Wait;
}

/// <summary>io_uring_setup(2): a descriptor, or a negative errno.</summary>
internal delegate int RingSetupCall(uint entries, ref RingParameters parameters);
