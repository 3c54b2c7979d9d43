namespace Sockeye.Linux;

/// <summary>Flags of io_uring_setup(2).</summary>
[Flags]
internal enum SetupFlags : uint
{
    CompletionSize = 1 << 3,
    Clamp = 1 << 4,
    SubmitAll = 1 << 7,
    CooperativeTaskRun = 1 << 8,
    SingleIssuer = 1 << 12,
    DeferTaskRun = 1 << 13,
    NoSubmissionArray = 1 << 16,
}

/// <summary>Flags of io_uring_enter(2).</summary>
[Flags]
internal enum EnterFlags : uint
{
    None = 0,
    GetEvents = 1 << 0,
    ExtendedArgument = 1 << 3,
    RegisteredRing = 1 << 4,
}

/// <summary>Operations of io_uring_register(2).</summary>
internal enum RegisterCode : uint
{
    Probe = 8,
    RingDescriptors = 20,
    UnregisterRingDescriptors = 21,
    BufferRing = 22,
    UnregisterBufferRing = 23,
}

/// <summary>Operations of a submission (<c>IORING_OP_</c>).</summary>
internal enum Opcode : byte
{
    PollAdd = 6,
    SendMessage = 9,
    AsyncCancel = 14,
    Send = 26,
    Receive = 27,
}

/// <summary>The error numbers of io_uring, which are the same on x86-64 and arm64 (errno(3)).</summary>
internal static class IoUringError
{
    public const int NotPermitted = 1;
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int NoMemory = 12;
    public const int AccessDenied = 13;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int Invalid = 22;
    public const int SystemOutOfDescriptors = 23;
    public const int OutOfDescriptors = 24;
    public const int NoSuchCall = 38;
    public const int CompletionDropped = 53;
    public const int TimedOut = 62;
    public const int NoBuffers = 105;
    public const int Cancelled = 125;
}
