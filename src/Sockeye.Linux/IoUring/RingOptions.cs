namespace Sockeye.Linux;

/// <summary>The size of a <see cref="Ring"/>.</summary>
internal sealed record RingOptions
{
    /// <summary>
    /// The number of submissions that fit before the kernel is entered, rounded up to a power of two. Default: 1024.
    /// </summary>
    public int SubmissionEntries { get; init; } = 1024;

    /// <summary>
    /// The number of completions that fit before the kernel keeps a list. Default: 8192. Range: <see cref="SubmissionEntries"/>
    /// and up. If lockable memory is scarce, the ring has fewer, down to 1024.
    /// </summary>
    public int CompletionEntries { get; init; } = 8192;

    /// <summary>The calls of the system. A simulation replaces them.</summary>
    public IoUringCalls Calls { get; init; } = IoUringCalls.Kernel;

    /// <summary>io_uring_setup(2), or the replacement of a test.</summary>
    public RingSetupCall Setup { get => field ?? Calls.Setup; init; }

    /// <summary>
    /// Waits before memory is requested again. It blocks, because a ring is created on the thread that owns it.
    /// </summary>
    public Action<TimeSpan> Wait { get; init; } = LockedMemory.Wait;
}

/// <summary>io_uring_setup(2). Returns a descriptor, or a negative errno.</summary>
internal delegate int RingSetupCall(uint entries, ref RingParameters parameters);
