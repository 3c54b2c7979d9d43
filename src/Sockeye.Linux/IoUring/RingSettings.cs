namespace Sockeye.Linux;

/// <summary>The settings of an engine thread on io_uring; tests change them.</summary>
/// <remarks>
/// The rings are charged to <c>RLIMIT_MEMLOCK</c> (about 260 KiB a thread) for users without CAP_IPC_LOCK; the buffers are not,
/// and a buffer that was never received into takes no memory.
/// </remarks>
internal sealed record RingSettings
{
    public static RingSettings Default { get; } = new();

    public int Submissions { get; init; } = 1024;

    public int Completions { get; init; } = 8192;

    /// <summary>Buffers of 4 KiB at the start, and the number that is added when most are with connections.</summary>
    public int SmallBuffers { get; init; } = 128;

    /// <summary>The most buffers of 4 KiB: then what arrives is copied, and the buffer given back. A power of two.</summary>
    public int MaxSmallBuffers { get; init; } = 4096;

    /// <summary>Buffers of 64 KiB, for connections that stream. A power of two.</summary>
    public int LargeBuffers { get; init; } = 32;

    /// <summary>Whether the limit of a multishot receive is not used, as on kernels before Linux 6.17.</summary>
    public bool AvoidsReceiveLimit { get; init; }
}
