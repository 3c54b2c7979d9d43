namespace Sockeye.Linux;

/// <summary>The settings of an engine thread on io_uring. Tests change them.</summary>
/// <remarks>
/// For users without CAP_IPC_LOCK, the rings are charged to <c>RLIMIT_MEMLOCK</c> (about 260 KiB per thread). The buffers are
/// not, and a buffer takes no memory before data was received into it.
/// </remarks>
internal sealed record RingSettings
{
    public static RingSettings Default { get; } = new();

    public int Submissions { get; init; } = 1024;

    public int Completions { get; init; } = 8192;

    /// <summary>
    /// The number of buffers of 4 KiB at the start, and the number that is added when connections have most of them.
    /// </summary>
    public int SmallBuffers { get; init; } = 128;

    /// <summary>
    /// The maximum number of buffers of 4 KiB, a power of two. At the maximum, received bytes are copied and the buffer is
    /// returned.
    /// </summary>
    public int MaxSmallBuffers { get; init; } = 4096;

    /// <summary>The number of buffers of 64 KiB, for connections that stream. A power of two.</summary>
    public int LargeBuffers { get; init; } = 32;

    /// <summary>
    /// Whether the limit of a multishot receive is used, which kernels before Linux 6.17 do not have. Null: as the kernel allows.
    /// </summary>
    public bool? HasReceiveLimit { get; init; }
}
